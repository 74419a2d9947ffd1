/* Served by the runner in place of the tests' own file of this name: tells the runner what came of a test.
 *
 * The runner replaces "%config%" by an object:
 *   driver               "console" or "webdriver"
 *   timeout_multiplier   for testharness.js's own time limits
 *   permissions          what the browser was started with, such as {"background-fetch": "granted"}
 *
 * The report is a JSON object of a status, a message and the subtests [name, status, message], statuses as
 * testharness.js counts them. It is ASCII.
 *   console    It is printed with console.log in pieces of one line each: PREFIX index/count URL text.
 *   webdriver  It is window.__wpt_runner.report, and whoever waits in window.__wpt_runner.wake is called.
 *
 * What is used of the page's globals is taken now, before a test can change it.
 */
(function (config) {
  "use strict";
  const PREFIX = "bgfetch-wpt-result:";
  const PIECE = 30000;
  const stringify = JSON.stringify;
  const log = typeof console === "object" ? console.log.bind(console) : null;
  const url = location.pathname + location.search;
  // A test may open this very file in frames and further windows: only the window that the runner opened reports.
  const is_test_window = (!window.parent || window.parent === window) && !window.opener;

  const runner = { config, report: null, actions: [], wake: null };
  runner.notify = function () {
    const wake = runner.wake;
    runner.wake = null;
    if (wake) {
      wake();
    }
  };
  Object.defineProperty(window, "__wpt_runner", { value: runner, enumerable: false });

  // Text that survives every encoding: lone surrogates as upstream's own report names them, the rest as escapes.
  function to_ascii(text) {
    return text.replace(/[\u007f-\uffff]/g, function (c) {
      return "\\u" + ("0000" + c.charCodeAt(0).toString(16)).slice(-4);
    });
  }

  function well_formed(text) {
    if (text === null || text === undefined) {
      return null;
    }
    return String(text).replace(/[\ud800-\udfff]/gu, function (c) {
      return "U+" + c.charCodeAt(0).toString(16);
    });
  }

  function report(tests, harness) {
    const subtests = tests.map(function (test) {
      return [well_formed(test.name), test.status, well_formed(test.message)];
    });
    return to_ascii(
      stringify({ status: harness.status, message: well_formed(harness.message), subtests: subtests })
    );
  }

  function print(text) {
    const count = Math.max(1, Math.ceil(text.length / PIECE));
    for (let index = 0; index < count; index++) {
      const piece = text.slice(index * PIECE, (index + 1) * PIECE);
      log(PREFIX + (index + 1) + "/" + count + " " + url + " " + piece);
    }
  }

  setup({ output: false, timeout_multiplier: config.timeout_multiplier });
  add_completion_callback(function (tests, harness) {
    if (!is_test_window) {
      return;
    }
    const text = report(tests, harness);
    if (config.driver === "console") {
      print(text);
    } else {
      runner.report = text;
      runner.notify();
    }
  });
})("%config%");

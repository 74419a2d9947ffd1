/* Served by the runner in place of the tests' own file of this name: what testdriver.js needs of a browser.
 *
 * With WebDriver, a request waits in window.__wpt_runner.actions until the runner takes it, does it, and calls
 * window.__wpt_runner.done(id, error). Without, a permission cannot be changed while a page runs: set_permission
 * succeeds if the state asked for is the one that the browser was started with, and says so otherwise.
 */
(function (config) {
  "use strict";
  const internal = window.test_driver_internal;
  internal.in_automation = true;

  function unsupported(name, why) {
    return Promise.reject(new Error("test_driver." + name + ": " + why));
  }

  if (config.driver === "console") {
    internal.set_permission = function (params) {
      const name = params.descriptor.name;
      const state = config.permissions[name] || "prompt";
      if (state === params.state) {
        return Promise.resolve();
      }
      return unsupported(
        "set_permission",
        "the shell was started with " + name + "=" + state + " and cannot change it to " + params.state
      );
    };
    // There is no layout to look the element up in, and a click is a synthetic one: isTrusted is false.
    window.test_driver.click = function (element) {
      element.click();
      return Promise.resolve();
    };
    return;
  }

  const runner = window.__wpt_runner;
  const pending = new Map();
  let last = 0;

  function request(action) {
    return new Promise(function (resolve, reject) {
      const id = ++last;
      pending.set(id, { resolve: resolve, reject: reject });
      action.id = id;
      runner.actions.push(action);
      runner.notify();
    });
  }

  runner.done = function (id, error) {
    const waiting = pending.get(id);
    pending.delete(id);
    if (!waiting) {
      return;
    }
    if (error === null) {
      waiting.resolve();
    } else {
      waiting.reject(new Error(error));
    }
  };

  internal.set_permission = function (params, context) {
    if (context !== null && context !== undefined && context !== window) {
      return unsupported("set_permission", "only for the test's own window");
    }
    return request({ name: "set_permission", descriptor: params.descriptor, state: params.state });
  };
  internal.click = function (element) {
    if (element.ownerDocument !== document) {
      return unsupported("click", "only in the test's own document");
    }
    if (!element.id) {
      element.id = "wpt-runner-click-" + last;
    }
    return request({ name: "click", element: element.id });
  };
  internal.delete_all_cookies = function () {
    return request({ name: "delete_all_cookies" });
  };
})("%config%");

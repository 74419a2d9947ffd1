// The page of the demo: what a podcast site does to fetch an episode in the background.

const ID = "ep-5";
const FILES = ["/ep-5.mp3", "/ep-5-artwork.jpg"];

const article = document.querySelector("#ep-5");
const button = document.querySelector("#download");
const stopButton = document.querySelector("#stop");
const status = document.querySelector("#status");

function say(text) {
  status.textContent = text;
  console.info(text);
}

function follow(bgFetch) {
  let tenths = -1;
  stopButton.onclick = () => bgFetch.abort();
  bgFetch.addEventListener("progress", () => {
    if (bgFetch.result === "success") {
      say(`All ${bgFetch.downloaded} bytes of ${bgFetch.id} have arrived.`);
    } else if (bgFetch.result === "failure") {
      say(`${bgFetch.id} failed: ${bgFetch.failureReason}.`);
    } else if (bgFetch.downloadTotal) {
      const now = Math.floor((bgFetch.downloaded / bgFetch.downloadTotal) * 10);
      if (now !== tenths) {
        tenths = now;
        status.textContent = `Downloading: ${now * 10}%`;
      }
    }
  });
}

async function download(registration) {
  const bgFetch = await registration.backgroundFetch.fetch(ID, FILES, {
    title: "Episode 5: Interesting things",
    icons: [{ sizes: "96x96", src: "/ep-5-icon.png", type: "image/png" }],
    downloadTotal: Number(article.getAttribute("data-bytes")),
  });
  say(`Started ${bgFetch.id}, ${bgFetch.downloadTotal} bytes.`);
  follow(bgFetch);
}

async function main() {
  await navigator.serviceWorker.register("/sw.js");
  const registration = await navigator.serviceWorker.ready;

  const running = await registration.backgroundFetch.get(ID);
  if (running) {
    say(`${running.id} goes on from byte ${running.downloaded}.`);
    follow(running);
    return;
  }
  if (await caches.match(FILES[0])) {
    say("Episode 5 is on this device already.");
    return;
  }
  button.addEventListener("click", () => download(registration));
  button.click();
}

navigator.serviceWorker.addEventListener("message", (event) => say(event.data));
main();

// The service worker of the demo: it keeps what was fetched, and says so.

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

async function tell(text) {
  for (const client of await clients.matchAll({ type: "window" })) {
    client.postMessage(text);
  }
}

addEventListener("backgroundfetchsuccess", (event) => {
  const bgFetch = event.registration;

  event.waitUntil(
    (async () => {
      const cache = await caches.open("downloads");
      const records = await bgFetch.matchAll();
      await Promise.all(
        records.map(async (record) => {
          const response = await record.responseReady;
          await cache.put(record.request, response);
        }),
      );
      await event.updateUI({ title: "Episode 5 is ready to listen to" });
      await tell(`The worker has put ${records.length} files of ${bgFetch.id} into the cache.`);
    })(),
  );
});

addEventListener("backgroundfetchfail", (event) => {
  event.waitUntil(event.updateUI({ title: `Episode 5 failed: ${event.registration.failureReason}` }));
});

addEventListener("backgroundfetchabort", (event) => {
  event.waitUntil(tell(`${event.registration.id} was aborted.`));
});

addEventListener("backgroundfetchclick", (event) => {
  event.waitUntil(clients.openWindow("/"));
});

addEventListener("fetch", (event) => {
  const { pathname } = new URL(event.request.url);
  if (pathname === "/ep-5.mp3") {
    event.respondWith(caches.match(event.request).then((hit) => hit ?? fetch(event.request)));
  }
});

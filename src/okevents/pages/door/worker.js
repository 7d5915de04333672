// Opens the door's page where there is no connection: the page without an event, and what it needs, from a cache of this
// worker's own. Nothing else is kept here, and no answer of the service.

const CACHE = `okevents-door-${KEPT.version}`;
const WITHIN = 4000;

addEventListener("install", (event) => {
  const keep = async () => {
    const cache = await caches.open(CACHE);
    await cache.addAll(KEPT.kept.map((path) => new Request(path, { cache: "reload" })));
    await skipWaiting();
  };
  event.waitUntil(keep());
});

addEventListener("activate", (event) => {
  const settle = async () => {
    const names = await caches.keys();
    const old = names.filter((name) => name.startsWith("okevents-door-") && name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await clients.claim();
  };
  event.waitUntil(settle());
});

// A connection that doesn't answer is none: somebody stands at the door.
const fresh = async (request) => {
  const answer = await fetch(request, { signal: AbortSignal.timeout(WITHIN) });
  if (answer.status >= 500) throw new Error(`${answer.status}`);
  return answer;
};

const orKept = async (request, path) => {
  try {
    if (!navigator.onLine) throw new Error("offline");
    return await fresh(request);
  } catch (error) {
    const kept = await (await caches.open(CACHE)).match(path);
    if (kept) return kept;
    throw error;
  }
};

// In the language that the page was last read in here, which the page says.
const shell = async () => {
  const cache = await caches.open("okevents-language");
  const said = await (await cache.match("/door/language"))?.text();
  const shells = KEPT.kept.filter((path) => path.startsWith("/door/shell/"));
  return shells.find((path) => path === `/door/shell/${said}`) ?? shells[0];
};

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate" && /^\/door\/[0-9a-f]{24}$/.test(pathname)) {
    event.respondWith(shell().then((path) => orKept(request, path)));
  } else if (pathname.startsWith("/assets/") && KEPT.kept.includes(pathname)) {
    event.respondWith(orKept(request, pathname));
  }
});

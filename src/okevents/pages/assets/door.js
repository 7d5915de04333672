// The door of an event: shows each code that is scanned to the service, or decides by the list that the device keeps where
// there is no connection, and tells the service later.

import * as camera from "./door-camera.js";
import { Away, SignedOut, ask, flush, keep, takeBack, tell, tellOutside, unsent } from "./door-queue.js";
import { clock, days, door, find, kindOfProblem, note, number, showVerdict, wordOf } from "./door-page.js";
import * as store from "./door-store.js";
import { decide, decoded, imported, parse } from "./door-tickets.js";

const TRY_EVERY = 5000;
const LIST_EVERY = 60_000;
const BOOKING = /^[0-9a-f]{24}$/;

const event = location.pathname.split("/")[2];
const code = find("#code");
const where = find("#where");

let list = null;
let keys = null;
let listedAt = 0;
let numbers = null; // how many have come, and how many are to, as the service told it last
let aheadBy = 0; // of this device's clock
let isOnline = navigator.onLine;
let last = null; // who was let in here last: what undoes it
let following = null;

const now = () => new Date(Date.now() - aheadBy);
const zone = () => list?.timezone || door.dataset.zone || undefined;

const show = ({ at, ...rows }) => {
  showVerdict({ ...rows, at: at && clock(at, zone()) });
  find("[data-undo]").hidden = !last;
};

const showState = async () => {
  const waiting = await unsent(event);
  find("[data-link]").hidden = false;
  find('[data-link-is="online"]').hidden = !isOnline;
  find('[data-link-is="offline"]').hidden = isOnline;
  find("[data-unsent]").hidden = !waiting.size;
  find("[data-unsent] b").textContent = number.format(waiting.size);
  find("[data-listed]").hidden = isOnline || !list;
  if (list) find("[data-listed] b").textContent = clock(list.issuedAt, zone());
  const steps = [...waiting.values()];
  const change = steps.reduce((sum, { kind }) => sum + (kind === "in" ? 1 : -1), 0);
  const here = isOnline && numbers ? null : await countHere(steps);
  if (!numbers && !here) return;
  const come = Math.max(0, (numbers?.come ?? 0) + change, here?.come ?? 0);
  const expected = numbers?.expected ?? here.expected;
  find("[data-come]").textContent = number.format(come);
  find("[data-expected]").textContent = number.format(expected);
  Object.assign(find("progress"), { max: expected || 1, value: come });
};

// By the list, and by who was let in here since.
const countHere = async (steps) => {
  if (!list) return null;
  const all = Object.values(list.expected);
  const come = new Set(all.flatMap(({ booking_id, admitted }) => admitted.map((ticket) => `${booking_id}:${ticket}`)));
  for (const { booking, ticket } of (await store.all(`seen:${event}:`)).values()) come.add(`${booking}:${ticket}`);
  for (const { kind, name } of steps) if (kind === "out") come.delete(name);
  const places = ({ lines }) => lines.reduce((sum, line) => sum + line.places, 0);
  return { come: come.size, expected: all.reduce((sum, each) => sum + places(each), 0) };
};

// The connection, and what comes over it.

const goOnline = (is) => {
  if (is === isOnline) return;
  isOnline = is;
  if (is) follow();
  else {
    following?.close();
    following = null;
  }
};

const trouble = (error) => {
  if (error instanceof SignedOut) note("signed-out", true);
  else if (!(error instanceof Away)) throw error;
  goOnline(false);
};

const follow = () => {
  following?.close();
  following = new EventSource(`/availability/${event}/stream`);
  following.addEventListener("availability", ({ data }) => {
    const halls = JSON.parse(data).halls ?? [];
    const sum = (name) => halls.reduce((total, hall) => total + (hall[name] ?? 0), 0);
    numbers = { come: sum("admitted"), expected: sum("confirmed") };
    showState();
  });
};

const renewList = async () => {
  const { status, body } = await ask(`/door/${event}/list`);
  if (status !== 200) return;
  aheadBy = Date.now() - new Date(body.now);
  const told = decoded(body.list.payload);
  await store.put(`list:${event}`, {
    event,
    name: told.name,
    status: told.status,
    starts: told.start_time,
    ends: told.end_time,
    opens: told.opens,
    issuedAt: told.issued_at,
    timezone: body.timezone,
    keepUntil: body.keep_until,
    keys: body.keys,
    expected: Object.fromEntries(told.expected.map((each) => [each.booking_id, each])),
  });
  listedAt = Date.now();
  await useList();
  await forgetUndone();
};

const useList = async () => {
  list = (await store.get(`list:${event}`)) ?? null;
  if (!list) return;
  keys = await imported(list.keys);
  find("[data-name]").textContent = list.name;
  const span = find("[data-span]");
  if (!span.textContent) span.textContent = days(list.starts, list.ends, zone());
};

// Who was let in here before the list was made, and isn't in by it, was put outside at another door.
const forgetUndone = async () => {
  const waiting = new Set([...(await unsent(event)).values()].map(({ name }) => name));
  for (const [key, { at, booking, ticket }] of await store.all(`seen:${event}:`)) {
    const isIn = list.expected[booking]?.admitted.includes(ticket);
    if (!isIn && !waiting.has(`${booking}:${ticket}`) && new Date(at) < new Date(list.issuedAt)) await store.remove(key);
  }
};

const look = async () => {
  try {
    await flush(settled);
    if (!isOnline || Date.now() - listedAt > LIST_EVERY) await renewList();
    note("signed-out", false);
    note("not-here", false);
    goOnline(true);
  } catch (error) {
    trouble(error);
  }
  await showState();
};

let isLooking = false;
const lookOnce = async () => {
  if (isLooking || !navigator.onLine) return;
  isLooking = true;
  try {
    await look();
  } finally {
    isLooking = false;
  }
};

// What the service made of a scan that was decided here.

const settled = async (step, result) => {
  if (step.kind !== "in" || result.result !== "refused") return;
  const problem = result.problem;
  await store.put(`conflict:${step.event}:${step.name}:${step.at}`, {
    kind: kindOfProblem(problem),
    here: step.at,
    at: problem.at ?? null,
    where: problem.where ?? null,
    name: step.name,
  });
  if (step.event === event) await showConflicts();
};

const showConflicts = async () => {
  const found = await store.all(`conflict:${event}:`);
  find("[data-conflicts]").hidden = !found.size;
  const lines = [...found.values()].map((each) => {
    const line = find("#conflict").content.cloneNode(true);
    const [booking, ticket] = each.name.split(":");
    const rows = { word: wordOf(each.kind), here: clock(each.here, zone()), ticket, booking };
    for (const [name, value] of Object.entries(rows)) line.querySelector(`[data-row="${name}"]`).textContent = value;
    line.querySelector('[data-row="before"]').hidden = !each.at;
    line.querySelector("[data-at]").textContent = each.at ? clock(each.at, zone()) : "";
    line.querySelector("[data-where]").textContent = each.where ?? "";
    return line;
  });
  find("[data-conflicts] ul").replaceChildren(...lines);
};

// Who comes.

const present = async (given) => {
  const text = given.trim();
  if (!text) return;
  if (BOOKING.test(text)) await presentBooking(text);
  else await presentTicket(text);
  await showState();
};

const presentTicket = async (text) => {
  const ticket = parse(text);
  if (!ticket) {
    show({ kind: "unknown" });
    return;
  }
  const name = `${ticket.booking}:${ticket.number}`;
  const at = now();
  const step = { kind: "in", token: text, at: at.toISOString(), where: where.value.trim(), name, isTold: isOnline };
  const key = await keep(event, step);
  let found = null;
  if (isOnline) {
    try {
      found = answerOf(await tell(event, step), ticket);
      await store.remove(key);
    } catch (error) {
      trouble(error);
    }
  }
  if (!found) {
    found = list ? await decide(ticket, list, keys, await store.get(`seen:${event}:${name}`), at) : { kind: "unsure" };
    found.isKept = found.kind === "in";
    if (found.isKept) navigator.storage?.persist?.();
    else await store.remove(key);
  }
  if (found.kind === "in") {
    await store.put(`seen:${event}:${name}`, { at: step.at, where: step.where, booking: ticket.booking, ticket: ticket.number });
    last = { token: text, name, key };
  }
  show(found);
};

const answerOf = ({ result, problem }, ticket) => {
  const shown = { hall: ticket.hall, ticket: ticket.number };
  if (result !== "refused") return { kind: "in", ...shown };
  const kind = kindOfProblem(problem);
  return kind === "unknown" ? { kind } : { kind, ...shown, at: problem.at ?? problem.opens, where: problem.where };
};

// By its number alone nobody can tell here how many of a booking have come, so this needs the service.
const presentBooking = async (booking) => {
  let found = { kind: "unsure" };
  if (isOnline) {
    try {
      const said = where.value.trim();
      const body = { booking_id: booking, event_id: event, ...(said && { where: said }) };
      const { result, problem, ...rows } = (await ask(`/door/${event}/booking`, body)).body;
      if (result === "admitted") {
        found = { kind: "in", ...rows };
        last = { booking };
      } else if (problem) {
        found = { kind: kindOfProblem(problem), at: problem.at ?? problem.opens, where: problem.where };
      }
    } catch (error) {
      trouble(error);
    }
  }
  show(found);
};

const undo = async () => {
  const { token, booking, name, key } = last;
  let isDone = Boolean(key) && (await takeBack(key));
  if (!isDone && isOnline) {
    try {
      const { body } = booking ? await ask(`/door/${event}/outside`, { booking_id: booking }) : await tellOutside(event, token);
      isDone = body.result === "admitted";
    } catch (error) {
      trouble(error);
    }
  }
  if (!isDone && token && !isOnline) {
    await keep(event, { kind: "out", token, name, at: now().toISOString() });
    isDone = true;
  }
  if (isDone) {
    if (name) await store.remove(`seen:${event}:${name}`);
    last = null;
  }
  show({ kind: isDone ? "out" : "still-in" });
  await showState();
};

// One after the other, in the order that they came.
let turn = Promise.resolve();
const inTurn = (work) => {
  turn = turn.then(work).catch((error) => {
    show({ kind: "unsure" });
    reportError(error);
  });
};

// What somebody does.

const prepareForm = () => {
  where.value ||= localStorage.getItem("okevents-door-where") ?? "";
  where.addEventListener("change", () => localStorage.setItem("okevents-door-where", where.value.trim()));
  find("[data-form]").addEventListener("submit", (submitted) => {
    submitted.preventDefault();
    const typed = code.value;
    code.value = "";
    code.focus();
    inTurn(() => present(typed));
  });
  find("[data-undo]").addEventListener("click", () => inTurn(undo));
  // A scanner types wherever it is: what it types is a code, unless somebody is in another field.
  document.addEventListener("keydown", ({ key, ctrlKey, altKey, metaKey }) => {
    const isFree = document.activeElement === document.body || document.activeElement?.tagName === "MAIN";
    if (isFree && key.length === 1 && !ctrlKey && !altKey && !metaKey) code.focus();
  });
  const vibrating = find("[data-vibrate] input");
  find("[data-vibrate]").hidden = !navigator.vibrate;
  vibrating.checked = localStorage.getItem("okevents-door-vibrate") !== "no";
  vibrating.addEventListener("change", () => localStorage.setItem("okevents-door-vibrate", vibrating.checked ? "yes" : "no"));
  find("[data-seen]").addEventListener("click", async () => {
    for (const key of (await store.all(`conflict:${event}:`)).keys()) await store.remove(key);
    await showConflicts();
  });
};

const prepareCamera = async () => {
  const reader = await camera.detector();
  find("[data-camera]").hidden = !reader;
  note("no-detector", !reader);
  if (!reader) return;
  const video = find("video");
  const [start, stop] = [find("[data-start]"), find("[data-stop]")];
  start.hidden = !navigator.mediaDevices?.getUserMedia;
  let end = null;
  const showRunning = (is) => {
    [start.hidden, stop.hidden, video.hidden] = [is, !is, !is];
  };
  start.addEventListener("click", async () => {
    try {
      showRunning(true);
      end = await camera.watch(reader, video, (found) => inTurn(() => present(found)));
      note("no-camera", false);
    } catch {
      showRunning(false);
      note("no-camera", true);
    }
  });
  stop.addEventListener("click", () => {
    end?.();
    showRunning(false);
  });
  find("[data-photo]").addEventListener("change", async ({ target }) => {
    const [file] = target.files;
    const found = file && (await camera.codeOfPhoto(reader, file).catch(() => null));
    target.value = "";
    note("no-code", file && !found);
    if (found) inTurn(() => present(found));
  });
};

const prepareOffline = async () => {
  if (!navigator.serviceWorker) return;
  const said = await caches.open("okevents-language");
  // The page that the worker keeps says nothing of a choice; only what came over the connection does.
  if (!door.hasAttribute("data-shell")) await said.put("/door/language", new Response(document.documentElement.lang));
  if (navigator.onLine) await navigator.serviceWorker.register("/door/worker.js", { scope: "/door/" });
};

addEventListener("online", lookOnce);
addEventListener("offline", () => {
  goOnline(false);
  showState();
});

find("[data-again]").href = location.pathname;
prepareForm();
await store.forget(now());
await useList();
await showConflicts();
note("not-here", !list && !navigator.onLine);
await Promise.all([prepareCamera(), prepareOffline().catch(() => {}), lookOnce()]);
if (isOnline && !following) follow();
await showState();
door.dataset.ready = "yes";
setInterval(lookOnce, TRY_EVERY);

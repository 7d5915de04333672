// Scans on their way to the service: each is kept before it is told, told until that is answered, and told in the order of
// its making. The service knows the very same scan again, so nothing is lost and nothing counts twice.

import * as store from "./door-store.js";

const WITHIN = 5000;
const AT_ONCE = 100;

export class Away extends Error {}
export class SignedOut extends Error {}

// What the service answers: its status and its body. Throws Away where nothing comes, or nothing that says anything.
export const ask = async (path, body) => {
  let answer;
  try {
    const sent = body && { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    answer = await fetch(path, { ...sent, cache: "no-store", signal: AbortSignal.timeout(WITHIN) });
  } catch (error) {
    throw new Away(error.message);
  }
  if (answer.status >= 500 || answer.status === 429) throw new Away(`${answer.status}`);
  if (answer.status === 401 || answer.status === 403) throw new SignedOut(`${answer.status}`);
  try {
    return { status: answer.status, body: await answer.json() };
  } catch (error) {
    throw new Away(error.message);
  }
};

let made = 0;

// The key that it is kept under.
export const keep = async (event, step) => {
  const order = `${Date.now()}`.padStart(15, "0") + `${made++}`.padStart(6, "0");
  const key = `scan:${event}:${order}`;
  await store.put(key, { ...step, event });
  return key;
};

export const unsent = (event = "") => store.all(event ? `scan:${event}:` : "scan:");

const scanOf = ({ token, at, where }) => (where ? { token, at, where } : { token, at });

// One result for each, as the service tells it; a scan that it can't read is told as refused with that problem.
const tellAll = async (event, steps) => {
  const { status, body } = await ask(`/door/${event}/scans`, { event_id: event, scans: steps.map(scanOf) });
  if (status === 200) return body.scans;
  if (steps.length === 1) return [{ result: "refused", problem: body }];
  const results = [];
  for (const step of steps) results.push(...(await tellAll(event, [step])));
  return results;
};

export const tell = async (event, step) => (await tellAll(event, [step]))[0];

export const tellOutside = (event, token) => ask(`/door/${event}/outside`, { token });

// Two pages of one device don't change what is kept at once, where the browser can see to that.
const alone = (work) => (navigator.locks ? navigator.locks.request("okevents-door", work) : work());

// Whether it could be taken back, because nobody can have been told of it yet.
export const takeBack = (key) =>
  alone(async () => {
    const step = await store.get(key);
    if (!step || step.isTold) return false;
    await store.remove(key);
    return true;
  });

// Sends what is kept, of all events, and calls `settled` with each step and its result, before it is forgotten.
export const flush = (settled = async () => {}) =>
  alone(async () => {
    for (let steps = [...(await unsent())]; steps.length; steps = [...(await unsent())]) {
      const [, { event, kind }] = steps[0];
      const differs = steps.findIndex(([, step]) => step.event !== event || step.kind !== kind);
      const run = steps.slice(0, Math.min(differs < 0 ? steps.length : differs, kind === "in" ? AT_ONCE : 1));
      const told = run.map(([, step]) => step);
      for (const [key, step] of run) await store.put(key, { ...step, isTold: true });
      const results = kind === "in" ? await tellAll(event, told) : [await tellOutside(event, told[0].token)];
      for (const [place, [key, step]] of run.entries()) {
        await settled(step, results[place]);
        await store.remove(key);
      }
    }
  });

// Tickets as docs/tickets.md tells their form, and what becomes of one where there is no connection: the same rules as the
// service's, by the list that the device keeps.

const FORM = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const LONGEST = 1024;
const TYPE = "okevents-ticket+jwt";
const ID = /^[0-9a-f]{24}$/;

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
export const decoded = (text) => JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes(text)));

// What it says, which nothing has proved yet; null for what is no ticket.
export const parse = (text) => {
  if (text.length > LONGEST || !FORM.test(text)) return null;
  try {
    const [header, payload, signature] = text.split(".");
    const { alg, typ, kid } = decoded(header);
    const { b: booking, e: event, n: number, i: issue, hn: hall } = decoded(payload);
    const isWhole = ID.test(booking) && ID.test(event) && Number.isInteger(number) && Number.isInteger(issue);
    if (alg !== "EdDSA" || typ !== TYPE || !isWhole || typeof hall !== "string") return null;
    return { text, kid, booking, event, number, issue, hall, signed: `${header}.${payload}`, signature };
  } catch {
    return null;
  }
};

// By their names; null where this browser can't verify such signatures.
export const imported = async ({ keys }) => {
  try {
    const made = keys.map(async (key) => [key.kid, await crypto.subtle.importKey("jwk", { kty: key.kty, crv: key.crv, x: key.x }, { name: "Ed25519" }, false, ["verify"])]);
    return new Map(await Promise.all(made));
  } catch {
    return null;
  }
};

const isGenuine = async (ticket, keys) => {
  const key = keys.get(ticket.kid);
  if (!key) return false;
  try {
    return await crypto.subtle.verify("Ed25519", key, bytes(ticket.signature), new TextEncoder().encode(ticket.signed));
  } catch {
    return false;
  }
};

const hallOf = (expected, number) => {
  let left = number;
  for (const { hall, places } of expected.lines) {
    if (left <= places) return hall;
    left -= places;
  }
  return null;
};

// `seen`: when and where somebody was let in here with that ticket, if that was so.
export const decide = async (ticket, list, keys, seen, now) => {
  const shown = { hall: ticket.hall, ticket: ticket.number, isUnverified: !keys };
  if (keys && !(await isGenuine(ticket, keys))) return { kind: "unknown" };
  if (ticket.event !== list.event) return { kind: "other-event" };
  if (list.status === "cancelled") return { kind: "cancelled" };
  const expected = list.expected[ticket.booking];
  if (!expected) return { kind: "unlisted", ...shown };
  if (expected.issue !== ticket.issue) return { kind: "replaced" };
  const hall = hallOf(expected, ticket.number);
  if (ticket.number < 1 || hall === null) return { kind: "no-such" };
  if (seen) return { kind: "already", ...shown, at: seen.at, where: seen.where };
  if (expected.admitted.includes(ticket.number)) return { kind: "already", ...shown };
  if (list.opens && now < new Date(list.opens)) return { kind: "not-open", at: list.opens };
  if (expected.released) return { kind: "unsure", ...shown };
  return { kind: "in", ...shown, hall };
};

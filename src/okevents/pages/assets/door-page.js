// The page of the door: where things stand on it, and in which form they are said.

export const door = document.querySelector("[data-door]");
export const find = (selector) => door.querySelector(selector);

const language = document.documentElement.lang;
// In the form of the reader's country, as the service has it, where the browser says which that is.
const locale = navigator.languages.find((each) => each.split("-")[0] === language) ?? language;
export const number = new Intl.NumberFormat(locale);

// By the clocks of the event's place, where the browser knows that place.
const timesOf = (timeZone, form) => {
  try {
    return new Intl.DateTimeFormat(locale, { ...form, timeZone });
  } catch {
    return new Intl.DateTimeFormat(locale, form);
  }
};
export const clock = (at, zone) => timesOf(zone, { hour: "numeric", minute: "2-digit" }).format(new Date(at));
export const days = (from, to, zone) =>
  timesOf(zone, { dateStyle: "full", timeStyle: "short" }).formatRange(new Date(from), new Date(to));

export const note = (name, isShown) => {
  for (const each of door.querySelectorAll(`:scope > [data-note="${name}"], .scan [data-note="${name}"]`)) each.hidden = !isShown;
};

// What is said of a ticket: the service has put a template of each answer into the page.

const kinds = find("#kinds").content;
const templateOf = (kind) => kinds.querySelector(`[data-answer="${kind}"]`);

export const wordOf = (kind) => templateOf(kind).querySelector(".word").textContent;

export const kindOfProblem = (problem) => {
  const slug = problem?.type?.split("/").pop();
  const found = [...kinds.children].find((each) => each.dataset.slugs.split(" ").includes(slug));
  return found?.dataset.answer ?? "unsure";
};

const fill = (row, value) => {
  if (!row) return;
  row.hidden = value === null || value === undefined || value === "";
  row.querySelector("dd").textContent = value ?? "";
};

const vibrate = (isGood) => {
  if (find("[data-vibrate] input").checked && navigator.userActivation?.hasBeenActive) {
    navigator.vibrate?.(isGood ? 90 : [180, 90, 180]);
  }
};

export const showVerdict = ({ kind, isKept = false, isUnverified = false, ...rows }) => {
  const made = templateOf(kind).cloneNode(true);
  made.classList.add("new");
  for (const [name, value] of Object.entries(rows)) fill(made.querySelector(`[data-row="${name}"]`), value);
  made.querySelector('[data-note="kept"]').hidden = !isKept;
  made.querySelector('[data-note="unverified"]').hidden = !isUnverified;
  find("#told").replaceChildren(made);
  find("[data-plain-undo]")?.remove();
  vibrate(made.classList.contains("good"));
};

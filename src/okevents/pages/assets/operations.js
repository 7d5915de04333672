// Renews what the page shows every few seconds, where somebody looks at it and isn't in the middle of something there.

const EVERY = 5000;
const note = document.querySelector("[data-live-note]");

const isInUse = (part) => part.contains(document.activeElement) || part.querySelector("details[open]");

const renew = async () => {
  const answer = await fetch(location.pathname, { cache: "no-store" });
  note.hidden = !answer.ok;
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const renewed = fresh.getElementById(part.id);
    if (renewed && !isInUse(part)) part.replaceChildren(...renewed.childNodes);
  }
};

const look = async () => {
  try {
    if (!document.hidden) await renew();
  } catch {
    // The process is away: what stands there is old, and isn't said to be new.
    note.hidden = true;
  }
  setTimeout(look, EVERY);
};

note.hidden = false;
setTimeout(look, EVERY);

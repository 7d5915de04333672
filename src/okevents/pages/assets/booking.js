// Keeps the page of a booking as the booking is: counts down, and looks again whenever places come free or go.

import "./forms.js";

const LOOK_AFTER = 400;
let ticking;

const two = (number) => String(number).padStart(2, "0");

const timeLeft = (seconds) => {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
};

const announce = (left) => {
  const heard = document.querySelector(".heard");
  if (left === 300) heard.textContent = heard.dataset.five;
  if (left === 60) heard.textContent = heard.dataset.one;
};

// By the time that has passed since the page came, whatever the clock of this machine says.
const countDown = () => {
  clearInterval(ticking);
  const shown = document.querySelector("[data-seconds]");
  if (!shown) return;
  const end = performance.now() + Number(shown.dataset.seconds) * 1000;
  ticking = setInterval(() => {
    const left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
    shown.textContent = timeLeft(left);
    announce(left);
    if (left === 0) {
      clearInterval(ticking);
      setTimeout(look, 1000);
    }
  }, 250);
};

const offerPrinting = () => {
  const button = document.querySelector("[data-print]");
  if (!button) return;
  button.hidden = false;
  button.addEventListener("click", () => print());
};

// Shows the page anew where the booking has changed, else only its place in line.
const look = async () => {
  const answer = await fetch(location.pathname, { cache: "no-store" });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const [before, after] = [document, fresh].map((page) => page.querySelector("[data-state]"));
  if (before.dataset.state !== after.dataset.state) {
    document.title = fresh.title;
    document.querySelector("main").replaceChildren(...fresh.querySelector("main").childNodes);
    countDown();
    offerPrinting();
    document.querySelector("main").focus();
    if (!after.dataset.follow) stream?.close();
    return;
  }
  const [place, now] = [document, fresh].map((page) => page.querySelector(".position"));
  if (place && place.textContent !== now.textContent) place.replaceChildren(...now.childNodes);
};

const address = document.querySelector("[data-follow]")?.dataset.follow;
const stream = address && new EventSource(address);
let looking;

stream?.addEventListener("availability", () => {
  clearTimeout(looking);
  looking = setTimeout(look, LOOK_AFTER + Math.random() * LOOK_AFTER);
});
addEventListener("pagehide", () => stream?.close());

// The secret of a link needn't stay in sight once the booking is open.
if (location.hash && !document.getElementById(location.hash.slice(1))) history.replaceState(null, "", location.pathname);

countDown();
offerPrinting();

// Whoever signs out leaves nothing of the door on the device: what isn't sent yet is sent first, or they are asked.

import { flush, unsent } from "./door-queue.js";
import { clear } from "./door-store.js";

const form = document.querySelector("[data-leaving]");

const warn = () => {
  const said = Object.assign(document.createElement("p"), { className: "notice bad", textContent: form.dataset.leaving });
  said.setAttribute("role", "alert");
  document.querySelector("main").prepend(said);
  form.dataset.warned = "yes";
};

const leave = async () => {
  // Whatever can't be sent now stays, and is told of.
  await flush().catch(() => {});
  if ((await unsent()).size && !form.dataset.warned) {
    warn();
    return;
  }
  await clear();
  form.submit();
};

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  leave();
});

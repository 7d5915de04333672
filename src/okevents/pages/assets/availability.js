// Shows how many places are free while the page is open, as the Booking Service tells it.

const list = document.querySelector("[data-availability]");
const plural = new Intl.PluralRules(document.documentElement.lang);
const number = new Intl.NumberFormat(document.documentElement.lang);

const chip = (free) => {
  const made = document.createElement("span");
  const kind = free <= 0 ? "none" : free <= Number(list.dataset.few) ? "few" : "some";
  made.className = `chip ${kind}`;
  const text = free <= 0 ? list.dataset.zero : list.dataset[plural.select(free)] ?? list.dataset.other;
  made.textContent = text.replace("{n}", number.format(free));
  return made;
};

const show = ({ halls }) => {
  for (const { id, available } of halls ?? []) {
    list.querySelector(`[data-hall="${id}"] .live`)?.replaceChildren(chip(available));
  }
  document.dispatchEvent(new CustomEvent("availability"));
};

if (list) {
  const stream = new EventSource(list.dataset.availability);
  stream.addEventListener("availability", (message) => show(JSON.parse(message.data)));
  addEventListener("pagehide", () => stream.close());
}

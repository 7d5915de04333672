// Leads to what is wrong with a form, and keeps it from being sent twice.

document.querySelector("#refused, #faults")?.focus();

for (const form of document.forms) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}

// Whoever comes back to the page by the browser's history may send it again.
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

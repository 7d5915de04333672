// Adds and removes halls without asking the server, which does the same for whoever has no scripts.

const halls = document.querySelector("#halls");
const zone = document.querySelector("#timezone");

if (zone && !zone.value && !document.querySelector("input[name=version]")) {
  zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
}

halls.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  event.preventDefault();
  const rows = [...halls.querySelectorAll(".hall")];
  if (button.name === "add") {
    const row = emptied(rows.at(-1), Math.max(...rows.map((each) => Number(each.dataset.row))) + 1);
    rows.at(-1).after(row);
    row.querySelector("input").focus();
  } else if (rows.length > 1) {
    const row = button.closest(".hall");
    const next = rows[rows.indexOf(row) + 1] ?? rows[rows.indexOf(row) - 1];
    row.remove();
    next.querySelector("input").focus();
  } else {
    for (const input of halls.querySelectorAll("input")) input.value = "";
  }
});

function emptied(from, number) {
  const row = from.cloneNode(true);
  const before = `hall-${from.dataset.row}-`;
  row.dataset.row = number;
  for (const each of row.querySelectorAll("*")) {
    for (const name of ["id", "name", "for"]) {
      const value = each.getAttribute(name);
      if (value?.startsWith(before)) each.setAttribute(name, `hall-${number}-${value.slice(before.length)}`);
    }
    each.removeAttribute("aria-invalid");
    each.removeAttribute("aria-describedby");
    each.classList.remove("wrong");
  }
  for (const fault of row.querySelectorAll(".fault, .remove .heard")) fault.remove();
  for (const input of row.querySelectorAll("input")) input.value = "";
  row.querySelector("button").value = number;
  return row;
}

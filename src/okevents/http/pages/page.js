"use strict";

// Builds a form for each operation of the OpenAPI document, and shows what the service answers.

const field = (parameter) => {
  const input = element("input", { name: `${parameter.in}:${parameter.name}`, required: parameter.required === true });
  const said = parameter.description ? ` – ${parameter.description}` : "";
  return element("label", {}, element("code", { textContent: parameter.name }), said, input);
};

const send = async (form, method, path, mediaType) => {
  const query = new URLSearchParams();
  const headers = {};
  let target = path;
  for (const [name, value] of new FormData(form)) {
    const [place, key] = name.split(/:(.*)/s);
    if (value === "" || place === "body") continue;
    if (place === "path") target = target.replace(`{${key}}`, encodeURIComponent(value));
    if (place === "query") query.set(key, value);
    if (place === "header") headers[key] = value;
  }
  const token = document.getElementById("token").value.trim();
  if (token) headers.authorization = `Bearer ${token}`;
  const body = form.elements["body:"]?.value;
  if (body) headers["content-type"] = mediaType;
  const address = query.size ? `${target}?${query}` : target;
  const answer = await fetch(address, { method: method.toUpperCase(), headers, body: body || undefined });
  const text = await answer.text();
  const told = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  let shown = text;
  try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON: shown as it is */ }
  return `${answer.status} ${answer.statusText}\n${told}\n\n${shown}`;
};

const operationForm = (path, method, operation) => {
  const form = element("form");
  form.append(...(operation.parameters ?? []).map(field));
  const [mediaType, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  if (content) {
    const body = element("textarea", { name: "body:", value: JSON.stringify(content.example ?? {}, null, 2) });
    form.append(element("label", {}, `Body, ${mediaType}`, body));
  }
  const output = element("pre", { hidden: true, tabIndex: 0 });
  form.append(element("button", { textContent: "Send" }), output);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    output.hidden = false;
    output.textContent = "…";
    try { output.textContent = await send(form, method, path, mediaType); } catch (error) { output.textContent = `${error}`; }
  });
  const head = element("summary", {}, element("span", { className: "method", textContent: method }),
    element("code", { textContent: path }), ` ${operation.summary}`);
  return element("details", {}, head, form);
};

const show = async () => {
  const answer = await fetch("/schema/openapi.json");
  const { paths } = await answer.json();
  const forms = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => operationForm(path, method, operation)));
  document.getElementById("operations").replaceChildren(...forms);
};

show();

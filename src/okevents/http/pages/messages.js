"use strict";

// Shows the AsyncAPI document: each message with its fields and an example, and the queues with who reads them.

const code = (text) => element("code", { textContent: text });

// Text in which `names` stand between backticks.
const said = (text) => text.split("`").map((part, at) => (at % 2 ? code(part) : part));

const cell = (told) => element("td", {}, ...(typeof told === "string" ? said(told) : [told]));

const table = (names, rows) => element("table", {},
  element("thead", {}, element("tr", {}, ...names.map((name) => element("th", { scope: "col", textContent: name })))),
  element("tbody", {}, ...rows.map((cells) => element("tr", {}, ...cells.map(cell)))));

const found = (document, shape) => {
  if (!shape.$ref) return shape;
  return shape.$ref.slice(2).split("/").reduce((part, name) => part[name], document);
};

const nameOf = (shape) => shape.$ref?.split("/").at(-1);

const typeOf = (document, shape) => {
  if (shape.const !== undefined) return JSON.stringify(shape.const);
  if (shape.enum) return shape.enum.map((each) => JSON.stringify(each)).join(" or ");
  if (shape.anyOf) return shape.anyOf.map((each) => typeOf(document, each)).join(" or ");
  if (shape.$ref) return nameOf(shape);
  if (shape.type === "array") return `[${typeOf(document, shape.items ?? {})}]`;
  return [shape.type ?? "anything", shape.format && `(${shape.format})`].filter(Boolean).join(" ");
};

// The parts of a body: a shape, and what is said of it besides.
const parts = (document, payload) => (payload.allOf ?? [payload]).map((part) => found(document, part));

const nested = (document, shape, known) => {
  for (const each of [shape, shape.items ?? {}, ...(shape.anyOf ?? []).flatMap((any) => [any, any.items ?? {}])]) {
    const name = nameOf(each);
    if (name) known.set(name, found(document, each));
  }
  return known;
};

const fields = (document, shapes) => {
  const required = new Set(shapes.flatMap((shape) => shape.required ?? []));
  const properties = Object.assign({}, ...shapes.map((shape) => shape.properties ?? {}));
  return table(["field", "is", ""], Object.entries(properties).map(([name, shape]) => [
    code(name), typeOf(document, shape), [required.has(name) && "required.", shape.description].filter(Boolean).join(" ")]));
};

const body = (document, payload) => {
  const shapes = parts(document, payload);
  const known = new Map();
  for (const shape of shapes) {
    for (const property of Object.values(shape.properties ?? {})) nested(document, property, known);
  }
  const below = [...known].flatMap(([name, shape]) => [element("h4", { textContent: name }), fields(document, [shape])]);
  return [element("p", {}, ...said(shapes[0].description ?? "")), fields(document, shapes), ...below];
};

const messageOf = (document, name, message) => {
  const operation = document.operations[`send-${name}`];
  const schema = element("a", { href: `/schema/messages/${name}.json`, textContent: "JSON Schema of the body" });
  const head = element("summary", {}, code(name), " ", ...said(message.summary));
  return element("details", { id: name }, head, element("div", { className: "told" },
    element("p", {}, `Published by the ${operation.tags[0].name}. `, schema),
    element("h3", { textContent: "Body" }), ...body(document, message.payload),
    element("h3", { textContent: "Example" }),
    ...message.examples.flatMap((example) => [
      element("pre", { tabIndex: 0, textContent: JSON.stringify(example.headers, null, 2) }),
      element("pre", { tabIndex: 0, textContent: JSON.stringify(example.payload, null, 2) })])));
};

const queueOf = (document, key, channel) => {
  const { queue } = channel.bindings.amqp;
  const users = Object.values(document.operations).filter((each) => each.channel.$ref === `#/channels/${key}`);
  const doing = users.map((each) => `${each.action}: ${each.tags[0].name}`).join(", ");
  const declared = Object.entries(queue["x-arguments"]).map(([name, value]) => `${name}=${value}`).join(", ");
  return [code(channel.address ?? "named by the server"), channel.description,
    Object.keys(channel.messages).join(", "), doing, declared];
};

const show = async () => {
  const answer = await fetch("/schema/asyncapi.json");
  const document_ = await answer.json();
  const { info, channels, components } = document_;
  const queues = Object.entries(channels).filter(([, channel]) => channel.bindings.amqp.is === "queue");
  const { exchange } = Object.values(channels).find((channel) => channel.bindings.amqp.exchange).bindings.amqp;
  document.getElementById("said").append(` ${info.description}`);
  document.getElementById("messages").replaceChildren(
    element("p", {}, "Exchange: ", code(exchange.name), ` (${exchange.type}). The routing key is the message's name.`),
    ...Object.entries(components.messages).map(([name, message]) => messageOf(document_, name, message)),
    element("h2", { textContent: "Headers" }), fields(document_, [components.schemas.Headers]),
    element("h2", { textContent: "Queues" }), element("div", { className: "wide" }, table(
      ["queue", "", "messages", "who", "declared with"],
      queues.map(([key, channel]) => queueOf(document_, key, channel)))));
  if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.setAttribute("open", "");
};

show();

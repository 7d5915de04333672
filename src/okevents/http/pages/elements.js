"use strict";

// What both pages build their elements with. Text is always set as text: nothing of a document is taken for HTML.

const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

"use strict";

// Opens a booking's tickets with the secret in the address's fragment, which a browser never sends to anybody.

const pages = async (address, headers) => {
  const found = [];
  for (let next = address; next; ) {
    const answer = await fetch(next, { headers, cache: "no-store" });
    if (!answer.ok) throw new Error((await answer.json()).detail);
    found.push(new DOMParser().parseFromString(await answer.text(), "text/html"));
    next = answer.headers.get("link")?.match(/<([^>]*)>; rel="next"/)?.[1];
  }
  return found;
};

const open = async () => {
  const booking = location.pathname.split("/").pop();
  const secret = decodeURIComponent(location.hash.slice(1));
  if (!secret) throw new Error("This link is incomplete: the part behind # is missing.");
  const headers = { authorization: `Bearer ${secret}`, accept: "text/html" };
  const [first, ...others] = await pages(`/bookings/${booking}/tickets.html`, headers);
  for (const page of others) first.querySelector("main").append(...page.querySelectorAll("article"));
  document.title = first.title;
  document.body.replaceWith(first.body);
};

open().catch((error) => { document.getElementById("said").textContent = error.message; });

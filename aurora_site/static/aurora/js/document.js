/* Shows the passages that a document is indexed as, in a panel, once somebody asks for them. */

import { fragment, part } from "./poll.js";

const link = document.querySelector("[data-passages]");
const dialog = document.querySelector("[data-panel]");
const body = dialog.querySelector("[data-panel-body]");

function say(text) {
  body.replaceChildren(Object.assign(document.createElement("p"), { className: "soft", textContent: text }));
}

async function show(url) {
  const html = await part(url);
  if (html === null) say("The passages could not be read. Close this panel and try again.");
  else body.replaceChildren(fragment(html));
}

link.addEventListener("click", (event) => {
  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  say("Reading the passages…");
  dialog.showModal();
  show(link.href);
});
body.addEventListener("click", (event) => {
  const page = event.target.closest("a[rel]");
  if (page) {
    event.preventDefault();
    show(new URL(page.getAttribute("href"), link.href));
  } else if (event.target.closest("a[href*='#passage']")) dialog.close();
});
dialog.querySelector("[data-panel-close]").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});
dialog.addEventListener("close", () => link.focus());

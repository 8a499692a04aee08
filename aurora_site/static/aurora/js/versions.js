/* Shows how the build of an index version goes on, without closing what somebody has opened. */

import { fragment, part, poll } from "./poll.js";

const list = document.querySelector("[data-versions]");
const live = document.querySelector("[data-versions-live]");

function states() {
  return new Map([...list.querySelectorAll("[data-version]")].map((each) => [each.dataset.version, each.querySelector("[data-state]").textContent]));
}

function announce(before) {
  const changed = [...states()].filter(([name, words]) => before.get(name) !== words);
  if (changed.length) live.textContent = changed.map(([name, words]) => `${name}: ${words}.`).join(" ");
}

async function look() {
  const html = await part(location.href);
  if (html === null || list.querySelector("details[open]")) return "same";
  const before = states();
  const shown = list.innerHTML;
  const focused = list.contains(document.activeElement) ? document.activeElement.textContent : null;
  list.replaceChildren(fragment(html));
  if (focused) [...list.querySelectorAll("summary")].find((each) => each.textContent === focused)?.focus();
  announce(before);
  if (!list.querySelector("[data-waiting]")) return false;
  return list.innerHTML === shown ? "same" : "changed";
}

if (list.querySelector("[data-waiting]")) poll(look);

/* Draws a trace anew while it waits for its seal or its end, without closing what somebody has opened. */

import { fragment, part, poll } from "./poll.js";

const place = document.querySelector("[data-trace]");
const live = document.querySelector("[data-trace-live]");

async function look() {
  const html = await part(location.href);
  if (html === null || place.querySelector("details[open]") || place.contains(document.activeElement)) return "same";
  const before = place.querySelector(".trust-word").textContent.trim();
  place.replaceChildren(fragment(html));
  const after = place.querySelector(".trust-word").textContent.trim();
  if (after === before) return place.querySelector("[data-waiting]") ? "same" : false;
  live.textContent = after;
  return place.querySelector("[data-waiting]") !== null && "changed";
}

if (place.querySelector("[data-waiting]")) poll(look);

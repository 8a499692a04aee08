/* One integration: its last deliveries, kept current while somebody looks; a test is watched from delivery to incident. */

import "./ago.js";
import "./copying.js";
import { announce } from "./announce.js";
import { morph } from "./morph.js";
import { part, poll } from "./poll.js";

const place = document.querySelector("[data-deliveries]");
const test = document.querySelector("[data-test]");

async function look() {
  const html = await part(location.href);
  if (html === null) return "same";
  const before = newest();
  morph(place, html);
  const now = newest();
  if (now && now !== before) announce(now);
  return now === before ? "same" : "changed";
}

/** What became of the newest delivery, in words. */
function newest() {
  const row = place.querySelector(".delivery");
  if (!row) return "";
  const links = [...row.querySelectorAll(".links a")].map((link) => link.textContent).join(" in ");
  return `${row.querySelector(".tag").textContent}${links ? `: ${links}` : ""}.`;
}

test?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = test.querySelector("button");
  button.setAttribute("aria-disabled", "true");
  const response = await fetch(test.action, { method: "POST", body: new FormData(test), headers: { "HX-Request": "true" } }).catch(() => null);
  button.removeAttribute("aria-disabled");
  if (!response?.ok) return announce("The test could not be sent. Try again in a moment.", true);
  const { message, ok } = await response.json();
  announce(message, true);
  if (ok) await look();
});
poll(look);

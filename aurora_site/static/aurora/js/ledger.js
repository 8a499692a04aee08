/* Verifies the ledger without leaving its page, and says how it went. */

import { fragment } from "./poll.js";

const form = document.querySelector("[data-verify]");
const place = document.querySelector("[data-verify-result]");
const button = form.querySelector("button");

function say(text) {
  place.replaceChildren(Object.assign(document.createElement("p"), { className: "soft", textContent: text }));
}

function wait() {
  say("Verifying every record, text, leaf and head…");
  const bar = document.createElement("progress");
  bar.ariaLabel = "Verifying";
  place.append(bar);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  wait();
  const asked = { method: "POST", body: new FormData(form), headers: { "HX-Request": "true" } };
  const response = await fetch(form.action, asked).catch(() => null);
  if (response?.ok) place.replaceChildren(fragment(await response.text()));
  else say("It could not be verified just now. Try again in a moment.");
  button.disabled = false;
});

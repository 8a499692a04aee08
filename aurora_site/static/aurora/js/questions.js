/* Asks a question again in its place in the list. */

import { fragment, part } from "./poll.js";

document.addEventListener("click", async (event) => {
  const link = event.target.closest("[data-ask-again]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  if (link.ariaDisabled === "true") return;
  const place = link.closest(".question").querySelector("[data-retry]");
  link.ariaDisabled = "true";
  place.textContent = "Searching…";
  const html = await part(link.href);
  if (html === null) place.textContent = "The search could not be made. Try again in a moment.";
  else place.replaceChildren(fragment(html));
  link.ariaDisabled = null;
});

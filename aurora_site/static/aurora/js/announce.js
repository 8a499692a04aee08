/* Says what changed: politely to screen readers, and on request for a few seconds to everybody. */

const SHOWN_MS = 5000;
const place = document.querySelector("[data-live]");
let toast = null;
let timer = 0;

export function announce(text, isShown = false) {
  if (place) place.textContent = text;
  if (!isShown) return;
  toast ??= document.body.appendChild(Object.assign(document.createElement("p"), { className: "toast", ariaHidden: "true" }));
  toast.textContent = text;
  toast.hidden = false;
  clearTimeout(timer);
  timer = setTimeout(() => (toast.hidden = true), SHOWN_MS);
}

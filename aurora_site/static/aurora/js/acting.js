/* Sends the forms that change incidents without leaving the page. Without scripts they are plain forms. */

import { announce } from "./announce.js";

/** Calls `redraw(html)` with what the server drew after each form with `data-act` inside `root` was sent. */
export function actWithin(root, redraw) {
  root.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-act]");
    if (!form || event.defaultPrevented) return;
    event.preventDefault();
    const button = event.submitter ?? form.querySelector("button[type=submit]");
    if (button?.ariaDisabled === "true") return;
    button?.setAttribute("aria-disabled", "true");
    try {
      await sent(form, event.submitter, redraw);
    } finally {
      button?.removeAttribute("aria-disabled");
    }
  });
}

async function sent(form, submitter, redraw) {
  const response = await post(form, submitter);
  if (response === null) return announce("Aurora could not be reached. Check your connection, then try again.", true);
  if (response.status === 401) return location.reload();
  if (!response.ok && response.status !== 409) return announce(`That did not work (status ${response.status}).`, true);
  const text = await response.text();
  if (response.ok) settle(form);
  await redraw(text);
  refocus();
  // A list is told in a sentence; an incident's page is drawn anew, with the sentence in it.
  if (response.headers.get("Content-Type").startsWith("text/plain")) return announce(text, true);
  const done = document.querySelector("[data-done]")?.textContent;
  if (done) announce(done, true);
}

function post(form, submitter) {
  const address = form.getAttribute("action");
  return fetch(address, { method: "POST", body: new FormData(form, submitter), headers: { "HX-Request": "true" } }).catch(() => null);
}

function settle(form) {
  const details = form.closest("details");
  if (form.hasAttribute("data-clears")) form.reset();
  if (details) {
    details.open = false;
    details.querySelector("summary").focus();
  }
}

// The button that was pressed may be gone: the reader goes on where its result is told.
function refocus() {
  if (document.activeElement && document.activeElement !== document.body) return;
  const head = document.querySelector("[data-region=head] button, [data-region=head] h1");
  if (!head) return;
  if (head.localName === "h1") head.tabIndex = -1;
  head.focus({ preventScroll: true });
}

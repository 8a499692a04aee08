/* Actions that may fail, and saying so. */

/** Runs an action once at a time for its button, and says what went wrong. The button keeps the focus meanwhile. */
export async function guarded(button, page, action) {
  if (button?.ariaDisabled === "true") return;
  page.problem("");
  button?.setAttribute("aria-disabled", "true");
  try {
    await action();
  } catch (problem) {
    page.problem(problem.retryAfter ? `${problem.message} You can try again in ${problem.retryAfter} seconds.` : problem.message);
  } finally {
    button?.removeAttribute("aria-disabled");
  }
}

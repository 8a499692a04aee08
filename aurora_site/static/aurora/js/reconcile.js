/* How a turn that the server drew takes the place of the one on the page, without taking from the reader what they hold. */

/** Whether the turn on the page may stay: it is the same, shows more than the server's, or is being edited. */
export function mayStay(old, fresh, lives) {
  if (old.dataset.version === fresh.dataset.version || old.querySelector("[data-edit-form]")) return true;
  const live = lives.get(old.dataset.run);
  return Boolean(live && fresh.hasAttribute("data-open") && fresh.dataset.run === old.dataset.run && live.follower.lastSeq > 0);
}

/** Puts `fresh` where `old` is; what was unfolded stays so, and the focus goes to the like control, else to the answer. */
export function replaceTurn(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  for (const details of old.querySelectorAll("details[open][data-key]")) {
    const same = fresh.querySelector(`details[data-key="${CSS.escape(details.dataset.key)}"]`);
    if (same) same.open = true;
  }
  old.replaceWith(fresh);
  if (focused) (likeControl(focused, fresh) ?? fresh.querySelector("[data-body]"))?.focus({ preventScroll: true });
}

function likeControl(control, root) {
  const label = control.getAttribute("aria-label");
  const name = Object.keys(control.dataset)[0]?.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const found = label ? root.querySelector(`[aria-label="${CSS.escape(label)}"]`) : name && root.querySelector(`[data-${name}]`);
  return found?.disabled ? null : found;
}

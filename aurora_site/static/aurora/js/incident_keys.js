/* The list by keyboard: j and k or arrows move, Enter opens, a acknowledges, / searches, ? shows the keys. */

const help = document.querySelector("[data-keys]");
const search = document.querySelector("[data-search]");
const helpButton = document.querySelector("[data-keys-button]");
let current = "";

/** Listens for keys that nobody types elsewhere; `restore()` after the list was redrawn. */
export function listenToKeys(list) {
  const rows = () => [...list.querySelectorAll("[data-row]")];
  const row = () => rows().find((each) => each.dataset.row === current);

  function choose(node) {
    row()?.removeAttribute("data-current");
    current = node?.dataset.row ?? "";
    if (!node) return;
    node.setAttribute("data-current", "");
    node.querySelector("[data-open]").focus({ preventScroll: true });
    node.scrollIntoView({ block: "nearest" });
  }

  function move(step) {
    const all = rows();
    const at = all.indexOf(row());
    choose(all[Math.max(0, Math.min(all.length - 1, at + step))]);
  }

  const actions = {
    j: () => move(1),
    ArrowDown: () => move(1),
    k: () => move(-1),
    ArrowUp: () => move(-1),
    Enter: () => row()?.querySelector("[data-open]").click(),
    a: () => row()?.querySelector("[data-acknowledge]")?.click(),
    "/": () => search?.focus(),
    "?": () => help.showModal(),
  };
  // Arrows scroll, and Enter presses what has the focus, until somebody has begun to move through the list.
  const needRow = new Set(["ArrowDown", "ArrowUp", "Enter", "a"]);

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target === search) return leave(search);
    const action = actions[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || help.open) return;
    if (needRow.has(event.key) && !row()) return;
    if (event.key === "Enter" && event.target.closest("a, button, summary")) return;
    event.preventDefault();
    action();
  });
  list.addEventListener("focusin", (event) => {
    const node = event.target.closest("[data-row]");
    if (node && node.dataset.row !== current) mark(node);
  });
  function mark(node) {
    row()?.removeAttribute("data-current");
    current = node.dataset.row;
    node.setAttribute("data-current", "");
  }
  if (helpButton) {
    helpButton.hidden = false;
    helpButton.addEventListener("click", () => help.showModal());
  }
  return { restore: () => row()?.setAttribute("data-current", "") };
}

function isTyping(node) {
  return node.matches("input, textarea, select, [contenteditable]") || Boolean(node.closest("dialog"));
}

function leave(field) {
  field.blur();
}

/* The list of incidents: current by itself, filtered in place, and worked by keys. */

import { actWithin } from "./acting.js";
import { announce } from "./announce.js";
import { listenToKeys } from "./incident_keys.js";
import { keepCurrent } from "./live_part.js";

const list = document.querySelector("[data-list]");
const filters = document.querySelector("[data-filters]");
const keys = listenToKeys(list);

// The page around an empty list differs: it is read anew when the first incident appears.
function redrawn() {
  if (list.hasAttribute("data-is-empty") && list.querySelector("[data-row]")) location.reload();
  keys.restore();
}

const live = keepCurrent(list, { redrawn });
actWithin(list, () => live.look());

async function narrow() {
  const query = new URLSearchParams([...new FormData(filters)].filter(([, value]) => value));
  history.replaceState(null, "", query.size ? `?${query}` : location.pathname);
  await live.look();
  const count = list.querySelectorAll("[data-region=shown] [data-row]").length;
  announce(count === 1 ? "1 incident is shown." : `${count} incidents are shown.`);
}

let typing = 0;
filters?.addEventListener("submit", (event) => {
  event.preventDefault();
  narrow();
});
filters?.addEventListener("change", narrow);
filters?.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(narrow, 300);
});

list.addEventListener("click", async (event) => {
  const link = event.target.closest("[data-region=tabs] a");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState(null, "", link.href);
  const status = filters?.querySelector("[name=status]");
  status?.remove();
  const wanted = new URL(link.href).searchParams.get("status");
  if (wanted) filters?.prepend(Object.assign(document.createElement("input"), { type: "hidden", name: "status", value: wanted }));
  await live.look();
});
addEventListener("popstate", () => location.reload());

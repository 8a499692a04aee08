/* Keeps the list of documents current while some of them are being indexed. */

import { fragment, part, poll } from "./poll.js";

const list = document.querySelector("[data-documents]");
let looking = false;

async function refresh() {
  const before = list.innerHTML;
  const html = await part(location.href);
  if (html !== null) list.replaceChildren(fragment(html));
  return list.querySelector("[data-waiting]") ? (list.innerHTML === before ? "same" : "changed") : false;
}

async function follow() {
  if (looking || !list.querySelector("[data-waiting]")) return;
  looking = true;
  await poll(refresh);
  looking = false;
}

document.addEventListener("aurora:uploaded", async () => {
  if (await refresh()) follow();
});
follow();

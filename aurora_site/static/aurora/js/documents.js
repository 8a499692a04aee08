/* Keeps the list of documents current while some of them are being indexed. */

const INTERVAL_MS = 1500;
const TRIES = 80;
const list = document.querySelector("[data-documents]");

async function refresh(tries) {
  if (!tries || !list.querySelector("[data-waiting]")) return;
  await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  const response = await fetch(location.href, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (response?.ok) list.replaceChildren(document.createRange().createContextualFragment(await response.text()));
  refresh(tries - 1);
}

refresh(TRIES);

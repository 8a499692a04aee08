/* Shows the passage that a citation names, within its document, in a panel beside the answer. */

/** Links to passages below `root` open in the dialog; closing it gives the focus back. */
export function showPassages(root, dialog) {
  const body = dialog.querySelector("[data-panel-body]");
  let opener = null;
  root.addEventListener("click", (event) => {
    const link = event.target.closest("a.citation, a.source");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    opener = link;
    show(dialog, body, link.href);
  });
  dialog.querySelector("[data-panel-close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => opener?.isConnected && opener.focus());
}

async function show(dialog, body, url) {
  dialog.querySelector("[data-panel-page]").href = url;
  body.replaceChildren(Object.assign(document.createElement("p"), { className: "soft", textContent: "Opening the document…" }));
  dialog.showModal();
  body.replaceChildren(await passageFragment(url));
  const passage = body.querySelector("#passage");
  if (passage) body.scrollTop = passage.getBoundingClientRect().top - body.getBoundingClientRect().top - body.clientHeight / 4;
}

async function passageFragment(url) {
  const response = await fetch(url, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (response?.ok) return document.createRange().createContextualFragment(await response.text());
  const gone = response?.status === 404;
  const text = gone ? "This document is no longer there, or is not yours to read." : "The document could not be opened. Close this panel and try again.";
  return Object.assign(document.createElement("p"), { className: "errorlist", textContent: text });
}

/* Source cards, the addresses of cited passages, and the panel that shows a passage within its document. */

/** The page of a citation's document with the passage shown and the quoted stretches marked in it. */
export function sourceUrl(citation) {
  const query = new URLSearchParams({ start: citation.start, end: citation.end });
  for (const [start, end] of citation.marks ?? []) query.append("mark", `${start}-${end}`);
  return `/documents/${encodeURIComponent(citation.document_id)}?${query}#passage`;
}

/** A card of <template id="source"> for a citation; `open(opener)` shows the passage. */
export function sourceCard(citation, open) {
  const card = document.getElementById("source").content.firstElementChild.cloneNode(true);
  const part = (name) => card.querySelector(`[data-${name}]`);
  const link = part("link");
  part("number").textContent = citation.number;
  part("title").textContent = citation.title || citation.path;
  part("path").textContent = citation.path;
  part("heading").textContent = headingWithin(citation);
  part("quote").textContent = citation.quote || shortened(citation.text ?? "", 240);
  part("basis").hidden = citation.basis !== "shown";
  link.href = sourceUrl(citation);
  link.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    open(link);
  });
  return card;
}

function headingWithin(citation) {
  const parts = (citation.heading ?? "").split(" > ");
  return parts[0] === citation.title ? parts.slice(1).join(" › ") : parts.join(" › ");
}

function shortened(text, length) {
  return text.length <= length ? text : `${text.slice(0, length).replace(/\s+\S*$/, "")} …`;
}

/** Wires the dialog; returns show(url, opener), which loads the passage into it and gives the focus back on closing. */
export function sourcePanel(dialog) {
  const body = dialog.querySelector("[data-panel-body]");
  const pageLink = dialog.querySelector("[data-panel-page]");
  let opener = null;
  dialog.querySelector("[data-panel-close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => opener?.isConnected && opener.focus());
  return async function show(url, from) {
    opener = from;
    pageLink.href = url;
    body.replaceChildren(Object.assign(document.createElement("p"), { className: "soft", textContent: "Opening the document…" }));
    dialog.showModal();
    body.replaceChildren(await passageFragment(url));
    const passage = body.querySelector("#passage");
    if (passage) body.scrollTop = passage.getBoundingClientRect().top - body.getBoundingClientRect().top - body.clientHeight / 4;
  };
}

async function passageFragment(url) {
  const response = await fetch(url, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (response?.ok) return document.createRange().createContextualFragment(await response.text());
  const gone = response?.status === 404;
  const text = gone ? "This document is no longer there, or is not yours to read." : "The document could not be opened. Close this panel and try again.";
  return Object.assign(document.createElement("p"), { className: "errorlist", textContent: text });
}

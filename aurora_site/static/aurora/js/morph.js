/*
 * Brings a part of the page to what the server drew, in place: nodes that stay the same stay the same nodes, so that focus,
 * selections, what is being typed and what was opened survive.
 */

/** Makes the children of `root` those of `html`. */
export function morph(root, html) {
  const fresh = document.createElement(root.localName);
  fresh.append(document.createRange().createContextualFragment(html));
  const focused = document.activeElement;
  children(root, fresh);
  if (focused !== document.activeElement && focused?.isConnected && root.contains(focused)) focused.focus({ preventScroll: true });
}

function children(into, from) {
  const keyed = new Map([...into.children].filter(keyOf).map((node) => [keyOf(node), node]));
  let at = into.firstChild;
  for (const wanted of [...from.childNodes]) {
    const kept = partner(wanted, at, keyed);
    if (!kept) {
      into.insertBefore(wanted, at);
      continue;
    }
    if (kept === at) at = at.nextSibling;
    else into.insertBefore(kept, at);
    same(kept, wanted);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

/** The node that is to become `wanted`: the one with its key, else the next one if it is of its kind and has no key. */
function partner(wanted, at, keyed) {
  const key = keyOf(wanted);
  if (key) {
    const found = keyed.get(key);
    return found?.nodeName === wanted.nodeName ? found : null;
  }
  return at && at.nodeName === wanted.nodeName && !keyOf(at) ? at : null;
}

function same(node, wanted) {
  if (node.nodeType !== Node.ELEMENT_NODE) {
    if (node.nodeValue !== wanted.nodeValue) node.nodeValue = wanted.nodeValue;
    return;
  }
  for (const { name } of [...node.attributes]) if (!wanted.hasAttribute(name) && !isOwn(node, name)) node.removeAttribute(name);
  for (const { name, value } of wanted.attributes) if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  children(node, wanted);
}

// What the reader opened or selected is the page's own, not the server's.
function isOwn(node, name) {
  return (name === "open" && node.localName === "details") || name === "data-current";
}

function keyOf(node) {
  return node.nodeType === Node.ELEMENT_NODE ? node.id || node.dataset.region || node.dataset.row || "" : "";
}

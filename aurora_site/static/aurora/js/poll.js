/* Looks again and again while there is something to wait for and somebody to see it. */

const FIRST_MS = 1000;
const LONGEST_MS = 8000;

/**
 * Calls `look` until it resolves to false. Pauses grow while nothing changes (`look` resolves to "same"); a hidden tab
 * doesn't look at all, and does so at once when it is shown again.
 */
export async function poll(look) {
  let delay = FIRST_MS;
  for (;;) {
    await pause(delay);
    const result = await look().catch(() => "same");
    if (!result) return;
    delay = result === "same" ? Math.min(delay * 1.3, LONGEST_MS) : FIRST_MS;
  }
}

/** A part of a page, as the server draws it; null when it could not be had. */
export async function part(url) {
  const response = await fetch(url, { headers: { "HX-Request": "true" } }).catch(() => null);
  return response?.ok ? response.text() : null;
}

export function fragment(html) {
  return document.createRange().createContextualFragment(html);
}

async function pause(milliseconds) {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  if (!document.hidden) return;
  await new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
}

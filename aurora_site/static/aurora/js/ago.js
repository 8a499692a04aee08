/* Keeps "12 min ago" true while a page stays open, in the words that the server uses. */

const EVERY_MS = 20_000;
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** Seconds as "12 min", "3 h 5 min" or "2 d 4 h". */
export function span(seconds) {
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  return seconds < DAY ? two(seconds, HOUR, "h", MINUTE, "min") : two(seconds, DAY, "d", HOUR, "h");
}

function two(seconds, large, largeWord, small, smallWord) {
  const part = Math.floor((seconds % large) / small);
  return `${Math.floor(seconds / large)} ${largeWord}${part ? ` ${part} ${smallWord}` : ""}`;
}

function since(at) {
  const seconds = Math.floor((Date.now() - at) / 1000);
  if (Math.abs(seconds) < MINUTE) return "just now";
  return seconds > 0 ? `${span(seconds)} ago` : `in ${span(-seconds)}`;
}

setInterval(() => {
  for (const node of document.querySelectorAll("time[data-ago]")) {
    const text = since(Date.parse(node.dateTime));
    if (node.textContent !== text) node.textContent = text;
  }
}, EVERY_MS);

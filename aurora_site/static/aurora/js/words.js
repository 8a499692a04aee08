/* The words in which the pages speak of agents and tools; the server uses the same ones for finished answers. */

const LONGEST_VALUE = 2000;

/** An identifier as words: "skill-navigator" is "Skill navigator", "knowledge.search" is "Knowledge search". */
export function sentence(identifier) {
  const words = (identifier ?? "").replace(/[-_.]/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A count with its noun: "1 source", "2 sources". */
export function counted(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Fills a definition list with a tool's arguments, as names and values for people to read. */
export function showArguments(list, values) {
  const rows = Object.entries(values ?? {}).map(([name, value]) => {
    const row = document.createElement("div");
    row.append(filled("dt", sentence(name)), filled("dd", plain(value)));
    return row;
  });
  list.replaceChildren(...rows);
}

function filled(name, text) {
  return Object.assign(document.createElement(name), { textContent: text });
}

function plain(value) {
  const text = words(value);
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE)} …`;
}

function words(value) {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((item) => ["string", "number"].includes(typeof item))) return value.join(", ");
  return JSON.stringify(value);
}

/*
 * Turns answer text into DOM nodes: paragraphs, line breaks, headings, lists, quotations, `code`, fenced code, **bold**,
 * tables and citation markers. Text only ever becomes text nodes, so nothing in an answer can be markup.
 */

const FENCE = /^\s*```/;
const HEADING = /^#{1,6}\s+/;
const BULLET = /^\s*[-*•]\s+/;
const NUMBERED = /^\s*(\d{1,3})[.)]\s+/;
const QUOTATION = /^>\s?/;
const TABLE_ROW = /^\s*\|.*\|\s*$/;
const TABLE_RULE = /^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$/;
const INLINE = /(`[^`\n]+`)|\*\*([^*\n]+(?:\*[^*\n]+)*)\*\*|\[(\d{1,3})\]/g;

/** A fragment for `text`. `citationNode(number)` gives the node that stands for the marker [number]. */
export function format(text, citationNode) {
  const fragment = document.createDocumentFragment();
  appendBlocks(fragment, text.replace(/\r\n?/g, "\n").split("\n"), citationNode);
  return fragment;
}

function appendBlocks(parent, lines, citationNode) {
  let index = 0;
  while (index < lines.length) {
    if (!lines[index].trim()) {
      index += 1;
      continue;
    }
    const [node, next] = readBlock(lines, index, citationNode);
    parent.append(node);
    index = next;
  }
}

function readBlock(lines, index, citationNode) {
  if (FENCE.test(lines[index])) return readFence(lines, index);
  if (isTable(lines, index)) return readTable(lines, index, citationNode);
  if (HEADING.test(lines[index])) {
    const heading = element("p", element("strong", inline(lines[index].replace(HEADING, ""), citationNode)));
    return [heading, index + 1];
  }
  if (QUOTATION.test(lines[index])) return readQuotation(lines, index, citationNode);
  if (isItem(lines[index])) return readList(lines, index, citationNode);
  return readParagraph(lines, index, citationNode);
}

function readFence(lines, index) {
  let end = index + 1;
  while (end < lines.length && !FENCE.test(lines[end])) end += 1;
  const code = element("code", lines.slice(index + 1, end).join("\n"));
  const block = element("pre", code);
  block.tabIndex = 0;
  return [block, end + 1];
}

function readTable(lines, index, citationNode) {
  let end = index + 2;
  while (end < lines.length && TABLE_ROW.test(lines[end])) end += 1;
  const head = element("thead", tableRow(lines[index], "th", citationNode));
  const body = element("tbody", ...lines.slice(index + 2, end).map((line) => tableRow(line, "td", citationNode)));
  const scroll = element("div", element("table", head, body));
  scroll.className = "table-scroll";
  return [scroll, end];
}

function tableRow(line, cellName, citationNode) {
  const cells = line.trim().replace(/^\||\|$/g, "").split("|");
  return element("tr", ...cells.map((cell) => element(cellName, inline(cell.trim(), citationNode))));
}

function readQuotation(lines, index, citationNode) {
  let end = index;
  while (end < lines.length && QUOTATION.test(lines[end])) end += 1;
  const quotation = element("blockquote");
  appendBlocks(quotation, lines.slice(index, end).map((line) => line.replace(QUOTATION, "")), citationNode);
  return [quotation, end];
}

function isItem(line) {
  return BULLET.test(line) || NUMBERED.test(line);
}

function isTable(lines, index) {
  return TABLE_ROW.test(lines[index]) && TABLE_RULE.test(lines[index + 1] ?? "");
}

function startsBlock(lines, index) {
  const line = lines[index];
  return isItem(line) || FENCE.test(line) || QUOTATION.test(line) || HEADING.test(line) || isTable(lines, index);
}

function readList(lines, index, citationNode) {
  const marker = NUMBERED.test(lines[index]) ? NUMBERED : BULLET;
  const list = element(marker === NUMBERED ? "ol" : "ul");
  const first = Number(lines[index].match(NUMBERED)?.[1] ?? 1);
  if (first !== 1) list.start = first;
  while (index < lines.length && marker.test(lines[index])) {
    const itemLines = [lines[index].replace(marker, "")];
    index += 1;
    while (index < lines.length && /^\s{2,}\S/.test(lines[index]) && !isItem(lines[index])) itemLines.push(lines[index++].trim());
    list.append(element("li", lineBreaks(itemLines, citationNode)));
    if (!lines[index]?.trim() && marker.test(lines[index + 1] ?? "")) index += 1;
  }
  return [list, index];
}

function readParagraph(lines, index, citationNode) {
  let end = index + 1;
  while (end < lines.length && lines[end].trim() && !startsBlock(lines, end)) end += 1;
  return [element("p", lineBreaks(lines.slice(index, end), citationNode)), end];
}

function lineBreaks(lines, citationNode) {
  const fragment = document.createDocumentFragment();
  lines.forEach((line, position) => {
    if (position) fragment.append(document.createElement("br"));
    fragment.append(inline(line, citationNode));
  });
  return fragment;
}

function inline(text, citationNode) {
  const fragment = document.createDocumentFragment();
  let last = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, code, bold, number] = match;
    fragment.append(text.slice(last, match.index));
    if (code) fragment.append(element("code", code.slice(1, -1)));
    else if (bold) fragment.append(element("strong", inline(bold, citationNode)));
    else fragment.append(citationNode(Number(number)) ?? whole);
    last = match.index + whole.length;
  }
  fragment.append(text.slice(last));
  return fragment;
}

function element(name, ...children) {
  const node = document.createElement(name);
  node.append(...children);
  return node;
}

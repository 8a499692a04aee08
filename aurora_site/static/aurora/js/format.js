/*
 * Turns the text of an answer that is being written into DOM nodes: paragraphs, line breaks, headings, lists, quotations,
 * `code`, fenced code, **bold** and tables. Text only ever becomes text nodes, so nothing in an answer can be markup.
 * The finished answer is drawn by the server, with its citations as links.
 */

const FENCE = /^\s*```/;
const HEADING = /^#{1,6}\s+/;
const BULLET = /^\s*[-*•]\s+/;
const NUMBERED = /^\s*(\d{1,3})[.)]\s+/;
const QUOTATION = /^>\s?/;
const TABLE_ROW = /^\s*\|.*\|\s*$/;
const TABLE_RULE = /^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$/;
const INLINE = /(`[^`\n]+`)|\*\*([^*\n]+(?:\*[^*\n]+)*)\*\*/g;

/** A fragment for `text`. */
export function format(text) {
  const fragment = document.createDocumentFragment();
  appendBlocks(fragment, text.replace(/\r\n?/g, "\n").split("\n"));
  return fragment;
}

function appendBlocks(parent, lines) {
  let index = 0;
  while (index < lines.length) {
    if (!lines[index].trim()) {
      index += 1;
      continue;
    }
    const [node, next] = readBlock(lines, index);
    parent.append(node);
    index = next;
  }
}

function readBlock(lines, index) {
  if (FENCE.test(lines[index])) return readFence(lines, index);
  if (isTable(lines, index)) return readTable(lines, index);
  if (HEADING.test(lines[index])) {
    const heading = element("p", element("strong", inline(lines[index].replace(HEADING, ""))));
    return [heading, index + 1];
  }
  if (QUOTATION.test(lines[index])) return readQuotation(lines, index);
  if (isItem(lines[index])) return readList(lines, index);
  return readParagraph(lines, index);
}

function readFence(lines, index) {
  let end = index + 1;
  while (end < lines.length && !FENCE.test(lines[end])) end += 1;
  const code = element("code", lines.slice(index + 1, end).join("\n"));
  const block = element("pre", code);
  block.tabIndex = 0;
  return [block, end + 1];
}

function readTable(lines, index) {
  let end = index + 2;
  while (end < lines.length && TABLE_ROW.test(lines[end])) end += 1;
  const head = element("thead", tableRow(lines[index], "th"));
  const body = element("tbody", ...lines.slice(index + 2, end).map((line) => tableRow(line, "td")));
  const scroll = element("div", element("table", head, body));
  scroll.className = "table-scroll";
  return [scroll, end];
}

function tableRow(line, cellName) {
  const cells = line.trim().replace(/^\||\|$/g, "").split("|");
  return element("tr", ...cells.map((cell) => element(cellName, inline(cell.trim()))));
}

function readQuotation(lines, index) {
  let end = index;
  while (end < lines.length && QUOTATION.test(lines[end])) end += 1;
  const quotation = element("blockquote");
  appendBlocks(quotation, lines.slice(index, end).map((line) => line.replace(QUOTATION, "")));
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

function readList(lines, index) {
  const marker = NUMBERED.test(lines[index]) ? NUMBERED : BULLET;
  const list = element(marker === NUMBERED ? "ol" : "ul");
  const first = Number(lines[index].match(NUMBERED)?.[1] ?? 1);
  if (first !== 1) list.start = first;
  while (index < lines.length && marker.test(lines[index])) {
    const itemLines = [lines[index].replace(marker, "")];
    index += 1;
    while (index < lines.length && /^\s{2,}\S/.test(lines[index]) && !isItem(lines[index])) itemLines.push(lines[index++].trim());
    list.append(element("li", lineBreaks(itemLines)));
    if (!lines[index]?.trim() && marker.test(lines[index + 1] ?? "")) index += 1;
  }
  return [list, index];
}

function readParagraph(lines, index) {
  let end = index + 1;
  while (end < lines.length && lines[end].trim() && !startsBlock(lines, end)) end += 1;
  return [element("p", lineBreaks(lines.slice(index, end))), end];
}

function lineBreaks(lines) {
  const fragment = document.createDocumentFragment();
  lines.forEach((line, position) => {
    if (position) fragment.append(document.createElement("br"));
    fragment.append(inline(line));
  });
  return fragment;
}

function inline(text) {
  const fragment = document.createDocumentFragment();
  let last = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, code, bold] = match;
    fragment.append(text.slice(last, match.index));
    if (code) fragment.append(element("code", code.slice(1, -1)));
    else fragment.append(element("strong", inline(bold)));
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

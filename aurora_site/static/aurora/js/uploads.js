/* Sends the chosen or dropped files one by one, shows how far each is, then how far its indexing is. */

import { fragment, part, poll } from "./poll.js";
import { counted } from "./words.js";

const form = document.querySelector("[data-upload]");
const input = form.querySelector("input[type=file]");
const rows = form.querySelector("[data-upload-rows]");
const live = form.querySelector("[data-upload-live]");
const problem = form.querySelector("[data-upload-problem]");
const button = form.querySelector("button[type=submit]");
const limit = Number(form.dataset.maximumBytes);
const most = Number(form.dataset.maximumFiles);
const suffixes = input.accept.split(",");
const queue = [];
let sending = false;

input.required = false;
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (input.files.length) take(input.files);
  else complain("Choose a file to add, or drop some here.");
});
for (const type of ["dragenter", "dragover"]) form.addEventListener(type, (event) => drag(event, true));
form.addEventListener("dragleave", (event) => form.contains(event.relatedTarget) || drag(event, false));
form.addEventListener("drop", (event) => {
  drag(event, false);
  if (event.dataTransfer.files.length) take(event.dataTransfer.files);
});

function drag(event, over) {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  form.classList.toggle("is-over", over);
}

function complain(text) {
  problem.hidden = !text;
  problem.textContent = text;
}

function take(given) {
  const files = [...given];
  if (files.length > most) {
    complain(`Add at most ${most} files at once.`);
    return;
  }
  complain("");
  live.textContent = `${counted(files.length, "file")} chosen.`;
  const folder = form.elements.folder.value;
  for (const file of files) {
    const row = newRow(file);
    rows.append(row);
    const refusal = refused(file);
    if (refusal) finish(row, file, refusal);
    else queue.push({ file, row, folder });
  }
  input.value = "";
  work();
}

/** What the server would say as well, before anything is sent. */
function refused(file) {
  if (!suffixes.some((suffix) => file.name.toLowerCase().endsWith(suffix))) return `This kind of file can't be read here. Kinds that can: ${suffixes.join(" ")}`;
  if (file.size > limit) return `It is larger than the ${limit / 1048576} MB that a document may have.`;
  return file.size ? "" : "The file is empty.";
}

async function work() {
  if (sending) return;
  sending = true;
  button.setAttribute("aria-disabled", "true");
  while (queue.length) await send(queue.shift());
  sending = false;
  button.removeAttribute("aria-disabled");
  document.dispatchEvent(new Event("aurora:uploaded"));
  follow();
}

function newRow(file) {
  const row = fragment(form.querySelector("[data-upload-row]").innerHTML).firstElementChild;
  row.querySelector(".upload-name").textContent = file.name;
  row.querySelector("progress").setAttribute("aria-label", `Sending ${file.name}`);
  return row;
}

function send({ file, row, folder }) {
  return new Promise((resolve) => {
    const data = new FormData();
    data.append("folder", folder);
    data.append("files", file);
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("HX-Request", "true");
    request.setRequestHeader("X-CSRFToken", document.querySelector("meta[name=csrf-token]").content);
    request.upload.addEventListener("progress", (event) => event.lengthComputable && show(row, event.loaded / event.total));
    request.addEventListener("load", () => {
      arrived(row, file, request);
      resolve();
    });
    request.addEventListener("error", () => {
      finish(row, file, "Aurora could not be reached. Check your connection, then add the file again.");
      resolve();
    });
    request.send(data);
  });
}

function show(row, share) {
  const percent = Math.floor(share * 100);
  row.querySelector("progress").value = percent;
  row.querySelector("[data-percent]").textContent = percent < 100 ? `${percent} %` : "Sent, being read";
}

function arrived(row, file, request) {
  const drawn = fragment(request.responseText).querySelector(".upload-row");
  if (!drawn) {
    finish(row, file, request.status === 401 ? "You are signed out. Sign in, then add the file again." : `Aurora answered with status ${request.status}. Try again in a moment.`);
    return;
  }
  row.replaceWith(drawn);
  live.textContent = drawn.dataset.document ? `${file.name} was sent and is being indexed.` : `${file.name} was not added.`;
}

/** Ends a row without a document. */
function finish(row, file, why) {
  const drawn = fragment(form.querySelector("[data-upload-refused]").innerHTML).firstElementChild;
  drawn.querySelector(".upload-name").textContent = file.name;
  drawn.querySelector("[data-why]").textContent = why;
  row.replaceWith(drawn);
  live.textContent = `${file.name} was not added. ${why}`;
}

let following = false;

async function follow() {
  if (following || !waiting().length) return;
  following = true;
  await poll(look);
  following = false;
  document.dispatchEvent(new Event("aurora:uploaded"));
}

function waiting() {
  return [...rows.children].filter((row) => row.dataset.document && row.querySelector("[data-waiting]"));
}

async function look() {
  const query = new URLSearchParams();
  const before = waiting();
  for (const row of before.slice(0, most)) {
    query.append("id", row.dataset.document);
    if ("replaced" in row.dataset) query.append("replaced", row.dataset.document);
  }
  const html = await part(`${form.dataset.states}?${query}`);
  if (html === null) return "same";
  for (const drawn of [...fragment(html).querySelectorAll(".upload-row")]) {
    const row = before.find((each) => each.dataset.document === drawn.dataset.document);
    if (!drawn.querySelector("[data-waiting]")) live.textContent = drawn.textContent.replace(/\s+/g, " ").trim();
    row?.replaceWith(drawn);
  }
  const left = waiting().length;
  return left === 0 ? false : left < before.length ? "changed" : "same";
}

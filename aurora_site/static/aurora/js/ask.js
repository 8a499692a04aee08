/* The asking page: the question box, the thread of turns, and what survives a reload. */

import { RunClient } from "./run_client.js";
import { sourcePanel, sourceUrl } from "./sources.js";
import { Turn } from "./turn.js";

const STORE = "aurora-thread";
const KEPT = 12;

const page = document.querySelector("[data-ask]");
const form = page.querySelector("[data-composer]");
const box = form.querySelector("textarea");
const thread = page.querySelector("[data-thread]");
const live = document.querySelector("[data-live]");
const showSource = sourcePanel(document.querySelector("[data-panel]"));
const stillness = matchMedia("(prefers-reduced-motion: reduce)");
const entries = [];

const callbacks = {
  onStop: stop,
  onRetry: retry,
  onSource: (citation, opener) => showSource(sourceUrl(citation), opener),
  announce: (text) => (live.textContent = text),
};

function ask(question) {
  const entry = addEntry({ question, key: newKey(), runId: "" });
  save();
  run(entry);
  callbacks.announce("Your question was sent.");
  fitBox();
  entry.turn.root.scrollIntoView({ block: "start", behavior: stillness.matches ? "instant" : "smooth" });
}

function addEntry({ question, key, runId }) {
  const entry = { question, key, runId, turn: new Turn(question, callbacks), client: null };
  entries.push(entry);
  thread.append(entry.turn.root);
  page.classList.add("has-thread");
  return entry;
}

async function run(entry) {
  const { turn } = entry;
  entry.client = new RunClient({
    ...entry,
    callbacks: {
      onEvent: (event) => turn.apply(event),
      onRun: (runId) => {
        entry.runId = runId;
        save();
      },
      onReconnect: (count) => turn.progress(`Connection lost. Trying again (${count} of 5)…`),
    },
  });
  try {
    await entry.client.follow();
    if (!turn.finished) turn.close();
  } catch (problem) {
    turn.fail(problem);
    save();
  }
}

async function stop(turn) {
  const entry = entries.find((candidate) => candidate.turn === turn);
  if (!entry.runId) {
    entry.client.leave();
    turn.notify("note", "Stopped before Aurora began to answer.");
    turn.close(true);
    save();
    return;
  }
  turn.part("stop").disabled = true;
  turn.progress("Stopping…");
  try {
    await entry.client.cancel();
  } catch (problem) {
    turn.part("stop").disabled = false;
    turn.notify("error", `The answer could not be stopped. ${problem.message}`);
  }
}

function retry(turn) {
  const entry = entries.find((candidate) => candidate.turn === turn);
  Object.assign(entry, { key: newKey(), runId: "" });
  turn.reset();
  save();
  run(entry);
  turn.part("body").focus();
}

function save() {
  const lasting = entries.filter((entry) => entry.runId || !entry.turn.finished);
  const kept = lasting.slice(-KEPT).map(({ question, key, runId }) => ({ question, key, runId }));
  try {
    sessionStorage.setItem(STORE, JSON.stringify({ viewer: page.dataset.viewer, entries: kept }));
  } catch {
    // Without storage the thread ends with the page.
  }
}

function restore() {
  let stored = null;
  try {
    stored = JSON.parse(sessionStorage.getItem(STORE));
  } catch {
    // Unreadable or forbidden: start empty.
  }
  if (stored?.viewer !== page.dataset.viewer) return;
  for (const entry of stored.entries) run(addEntry(entry));
  entries.at(-1)?.turn.root.scrollIntoView({ block: "start", behavior: "instant" });
}

/** An idempotency key: 128 random bits (randomUUID is missing on plain-http addresses other than loopback). */
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fitBox() {
  box.style.height = "auto";
  if (box.value) box.style.height = `${box.scrollHeight}px`;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const question = box.value.trim();
  if (!question) {
    box.focus();
    return;
  }
  box.value = "";
  ask(question);
});

box.addEventListener("input", fitBox);
box.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});

page.addEventListener("click", (event) => {
  const example = event.target.closest("[data-example]");
  if (example) ask(example.dataset.example);
});

page.querySelector("[data-clear]").addEventListener("click", () => {
  for (const entry of entries.splice(0)) entry.client?.leave();
  thread.replaceChildren();
  page.classList.remove("has-thread");
  fitBox();
  save();
  box.focus();
});

restore();

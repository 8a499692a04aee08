/* What a reader does with a turn: copy, rate, edit, ask anew, switch between versions, decide, change the line. */

import { openEditor } from "./edit.js";
import { guarded } from "./guarded.js";
import { postOnce, send } from "./http.js";

const ACTIONS = {
  copy,
  rate,
  "comment-close": (turn) => showComment(turn, false),
  edit: (turn, button, page) => openEditor(turn, (question) => askInstead(turn, question, page)),
  regenerate: (turn, button, page) => anew(turn, `/chat_api/sessions/${page.thread.sessionId}/messages/${turn.dataset.answer}/regenerate`, page),
  retry: (turn, button, page) => anew(turn, `/api/v1/runs/${turn.dataset.run}/retry`, page),
  head: switchTo,
  withdraw: (turn, button, page) => cancel([turn], page),
  interrupt: (turn, button, page) => cancel(page.thread.open.slice(0, page.thread.open.indexOf(turn)), page),
};

/** Handles the buttons of all turns. `page` has thread, changed() for when the server was told, problem(text), announce(text). */
export function handleTurnActions(place, page) {
  place.addEventListener("click", async (event) => {
    const button = event.target.closest("button");
    const turn = button?.closest("[data-turn]");
    const name = turn && Object.keys(ACTIONS).find((action) => button.hasAttribute(`data-${action}`));
    if (!name) return;
    await guarded(button, page, () => ACTIONS[name](turn, button, page));
  });
  place.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-comment], [data-approval]");
    if (!form) return;
    event.preventDefault();
    const turn = form.closest("[data-turn]");
    const act = form.matches("[data-comment]") ? () => comment(turn, form, page) : () => decide(turn, form, event.submitter, page);
    await guarded(event.submitter, page, act);
  });
}

/** Stop the answers of these turns; what they wrote so far is kept. */
export async function cancel(turns, page) {
  await Promise.all(turns.map((turn) => send(`/api/v1/runs/${turn.dataset.run}/cancel`, { method: "POST" }).catch(unlessEnded)));
  await page.changed();
}

function unlessEnded(problem) {
  if (problem.status !== 409) throw problem;
}

async function anew(turn, url, page) {
  await postOnce(url, {});
  await page.changed();
  focusAnswer(page, turn.dataset.turn);
  page.announce("The question is being answered anew.");
}

async function askInstead(turn, question, page) {
  const url = `/chat_api/sessions/${page.thread.sessionId}/messages/${turn.dataset.turn}/edit`;
  const accepted = await postOnce(url, { message: question, on_conflict: turn.hasAttribute("data-open") ? "interrupt" : "enqueue" });
  turn.querySelector("[data-edit-form]").remove();
  await page.changed();
  focusAnswer(page, accepted.message_id);
  page.announce("Your question was changed and is being answered.");
}

async function switchTo(turn, button, page) {
  await send(`/chat_api/sessions/${page.thread.sessionId}`, { method: "PUT", body: { head: button.dataset.head } });
  await page.changed();
}

function focusAnswer(page, id) {
  page.thread.place.querySelector(`[data-turn="${CSS.escape(id)}"] [data-body]`)?.focus({ preventScroll: true });
}

/** Rates an answer; the rating that it has already is taken back. */
async function rate(turn, button) {
  const rating = button.getAttribute("aria-pressed") === "true" ? null : button.dataset.rate;
  await send(`/api/v1/runs/${turn.dataset.run}/feedback`, { method: "POST", body: { rating } });
  for (const other of turn.querySelectorAll("[data-rate]")) other.setAttribute("aria-pressed", String(other.dataset.rate === rating));
  showComment(turn, rating !== null);
}

async function comment(turn, form, page) {
  const rating = turn.querySelector("[data-rate][aria-pressed=true]").dataset.rate;
  const body = { rating, comment: form.elements.comment.value.trim() };
  await send(`/api/v1/runs/${turn.dataset.run}/feedback`, { method: "POST", body });
  showComment(turn, false);
  page.announce("Thank you. Your comment was sent.");
}

function showComment(turn, shown) {
  const form = turn.querySelector("[data-comment]");
  const held = form.contains(document.activeElement);
  form.hidden = !shown;
  if (held) turn.querySelector("[data-rate][aria-pressed=true]").focus();
}

async function decide(turn, form, submitter, page) {
  const callId = form.closest("[data-call]").dataset.call;
  const url = `/api/v1/runs/${turn.dataset.run}/approvals/${encodeURIComponent(callId)}`;
  const problem = form.querySelector("[data-problem]");
  try {
    await send(url, { method: "POST", body: { decision: submitter.value, note: form.elements.note.value.trim() } });
  } catch (refused) {
    Object.assign(problem, { hidden: false, textContent: refused.message });
    return;
  }
  const word = submitter.value === "approve" ? "Approved" : "Denied";
  form.replaceChildren(Object.assign(document.createElement("p"), { textContent: `${word}. Aurora goes on…` }));
  turn.querySelector("[data-body]").focus({ preventScroll: true });
  page.announce(word);
}

async function copy(turn, button) {
  const label = button.querySelector("[data-label]");
  try {
    await navigator.clipboard.writeText(copyText(turn));
    label.textContent = "Copied";
    button.classList.add("is-done");
  } catch {
    label.textContent = "Copying is blocked here";
  }
  setTimeout(() => {
    label.textContent = "Copy";
    button.classList.remove("is-done");
  }, 2000);
}

function copyText(turn) {
  const text = turn.querySelector("[data-raw]").content.textContent;
  const sources = [...turn.querySelectorAll(".source")].map((source) => {
    const part = (name) => source.querySelector(name).textContent;
    return `[${part(".source-number")}] ${part("[data-title]")} (${part("[data-path]")})`;
  });
  return [text, ...(sources.length ? ["", ...sources] : [])].join("\n");
}

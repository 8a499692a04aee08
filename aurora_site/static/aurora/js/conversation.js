/* The page of a conversation: wires the question box, the turns and the list of recent conversations to each other. */

import { Composer } from "./composer.js";
import { guarded } from "./guarded.js";
import { newKey, postOnce, send } from "./http.js";
import { showPassages } from "./sources.js";
import { onOtherTab, tellTabs } from "./tabs.js";
import { Thread } from "./thread.js";
import { cancel, handleTurnActions } from "./turn_actions.js";

const root = document.querySelector("[data-conversation]");
const place = root.querySelector("[data-thread-place]");
const live = root.querySelector("[data-live]");
const recent = document.querySelector("[data-recent]");
const stillness = matchMedia("(prefers-reduced-motion: reduce)");

const thread = new Thread(place, root.dataset.session, {
  announce,
  onChange: showState,
  onFinished: () => refreshRecent(),
});
const composer = new Composer(root.querySelector("[data-composer]"), { onAsk: ask, onStop: stop, onDecide: decide });
const page = { thread, announce, problem: (text) => composer.problem(text), changed };

function announce(text) {
  live.textContent = text;
}

function ask(question) {
  const draft = thread.addDraft(question);
  draft.key = newKey();
  root.classList.add("has-thread");
  draft.scrollIntoView({ block: thread.running ? "nearest" : "start", behavior: stillness.matches ? "instant" : "smooth" });
  announce("Your question was sent.");
  return deliver(draft, question);
}

/** Send a draft's question. The conversation itself is made with the first one. */
async function deliver(draft, question) {
  thread.held += 1;
  draft.querySelector("[data-progress-text]").textContent = "Sending your question…";
  try {
    if (!thread.sessionId) await makeSession();
    const accepted = await postOnce(`/chat_api/sessions/${thread.sessionId}/messages`, { message: question }, draft.key);
    const waits = Boolean(thread.running);
    thread.accept(draft, accepted);
    showTitle(accepted.title);
    if (waits) await thread.refresh();
    tellTabs(thread.sessionId);
    refreshRecent();
  } catch (problem) {
    refuse(draft, question, problem);
  } finally {
    thread.held -= 1;
  }
}

async function makeSession() {
  const session = await (await send("/chat_api/sessions", { method: "POST", body: {} })).json();
  thread.sessionId = root.dataset.session = session.id;
  history.replaceState(null, "", `/chat/${session.id}`);
}

/** A question that was not taken: say why, and offer to send it again. */
function refuse(draft, question, problem) {
  const notices = draft.querySelector("[data-notices]");
  const actions = document.getElementById("draft-actions").content.firstElementChild.cloneNode(true);
  const notice = document.getElementById("notice-error").content.firstElementChild.cloneNode(true);
  const wait = problem.retryAfter ? ` You can try again in ${problem.retryAfter} seconds.` : "";
  notice.querySelector("[data-message]").textContent = problem.message + wait;
  notice.querySelector("[data-detail]").textContent = problem.requestId ? `Request ${problem.requestId}` : "";
  draft.querySelector("[data-progress]").hidden = true;
  draft.querySelector("[data-body]").setAttribute("aria-busy", "false");
  notices.replaceChildren(notice, actions);
  actions.querySelector("[data-sign-in]").hidden = problem.status !== 401;
  actions.querySelector("[data-sign-in]").href = `/sign-in?next=${encodeURIComponent(location.pathname)}`;
  actions.querySelector("[data-send-again]").addEventListener("click", () => {
    notices.replaceChildren();
    draft.querySelector("[data-progress]").hidden = false;
    draft.querySelector("[data-body]").setAttribute("aria-busy", "true");
    composer.box.focus();
    deliver(draft, question);
  });
  actions.querySelector("[data-discard]").addEventListener("click", () => {
    draft.remove();
    root.classList.toggle("has-thread", thread.list.children.length > 0);
    composer.box.focus();
  });
  announce(problem.message);
}

/** The server was told of a change: show it here and in the other tabs. */
async function changed() {
  tellTabs(thread.sessionId);
  await thread.refresh();
}

function stop() {
  const turn = thread.running;
  if (turn) guarded(composer.part("stop"), page, () => cancel([turn], page));
}

/** Lead to the decision that the answer waits for. */
function decide() {
  const button = thread.running?.querySelector("[data-approval] [type=submit]");
  button?.scrollIntoView({ block: "center", behavior: "instant" });
  button?.focus({ preventScroll: true });
}

function showState() {
  const open = thread.open;
  composer.show(thread.running, open.filter((turn) => turn.dataset.runState === "queued").length);
  const title = thread.list.dataset.conversationTitle;
  if (title) showTitle(title);
}

function showTitle(title) {
  root.querySelector("[data-title]").textContent = title;
  document.title = `${title} · Aurora`;
}

/** The list of recent conversations, where it is shown. */
async function refreshRecent() {
  if (!recent?.offsetParent) return;
  const response = await send(`/conversations/recent?current=${thread.sessionId}`, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (response) recent.replaceChildren(document.createRange().createContextualFragment(await response.text()));
}

handleTurnActions(place, page);
showPassages(root, document.querySelector("[data-panel]"));
onOtherTab((sessionId) => {
  if (sessionId === thread.sessionId) thread.refresh().catch(() => {});
  refreshRecent();
});
root.addEventListener("click", (event) => {
  const example = event.target.closest("[data-example]");
  if (example) ask(example.dataset.example);
});
if (!location.hash) thread.list.lastElementChild?.scrollIntoView({ block: "start", behavior: "instant" });
thread.followOpen();
thread.watch();

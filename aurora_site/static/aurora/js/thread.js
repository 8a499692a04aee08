/* The turns of a conversation on an open page: kept current with the server, and each open answer followed. */

import { Problem, send } from "./http.js";
import { LiveTurn } from "./live_turn.js";
import { mayStay, replaceTurn } from "./reconcile.js";
import { RunFollower } from "./run_follower.js";

const POLL_MS = 4000;
const QUIET_POLL_MS = 15_000;
// After so long without a change another tab or device is hardly at work here.
const QUIET_AFTER_MS = 180_000;

/** Hooks: announce(text), onChange() after every change of the turns' states, onFinished() when an answer is complete. */
export class Thread {
  constructor(place, sessionId, hooks) {
    Object.assign(this, { place, sessionId, hooks, lives: new Map(), held: 0, refreshing: null, again: false, changedAt: Date.now(), pollAfter: 0 });
  }

  get list() {
    return this.place.querySelector("[data-thread]");
  }

  /** The turns whose answers are not complete, in order. */
  get open() {
    return [...this.list.querySelectorAll("[data-open][data-run]:not([data-run=''])")];
  }

  /** The turn whose answer is being written or waits for a decision. */
  get running() {
    return this.open.find((turn) => turn.dataset.runState !== "queued");
  }

  /** A turn for a question that the server has not accepted yet. */
  addDraft(question) {
    const root = document.getElementById("turn").content.firstElementChild.cloneNode(true);
    root.removeAttribute("id");
    root.querySelector("[data-question]").textContent = question;
    this.list.append(root);
    return root;
  }

  /** The server has accepted a draft: it is a turn now, and its answer is followed. */
  accept(root, accepted) {
    if (this.#turn(accepted.message_id)) root.remove();
    else {
      Object.assign(root.dataset, { turn: accepted.message_id, answer: accepted.answer_id, run: accepted.run_id, runState: this.running ? "queued" : "running" });
      root.id = `turn-${accepted.message_id}`;
      root.querySelector("[data-question-tools]").hidden = false;
    }
    this.followOpen();
  }

  /** Fetch the turns and show what changed. Calls while one is under way are answered by one more. */
  refresh() {
    if (this.refreshing) {
      this.again = true;
      return this.refreshing;
    }
    this.refreshing = this.#refreshOnce().finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  async #refreshOnce() {
    do {
      this.again = false;
      const url = `/chat/${this.sessionId}/thread${location.search}`;
      const response = await send(url, { headers: { "HX-Request": "true", "If-None-Match": this.tag ?? `"${this.list.dataset.version}"` } });
      if (response.status === 304) continue;
      const fragment = document.createRange().createContextualFragment(await response.text());
      this.tag = response.headers.get("ETag");
      this.changedAt = Date.now();
      this.#reconcile(fragment.querySelector("[data-thread]"));
    } while (this.again);
  }

  #reconcile(fresh) {
    const wanted = new Set([...fresh.children].map((turn) => turn.dataset.turn));
    for (const turn of [...this.list.children]) {
      if (turn.dataset.turn && !wanted.has(turn.dataset.turn)) turn.remove();
    }
    let before = this.list.firstElementChild;
    for (const turn of [...fresh.children]) {
      const old = this.#turn(turn.dataset.turn);
      const shown = old && mayStay(old, turn, this.lives) ? old : turn;
      if (old && shown === turn) {
        if (before === old) before = old.nextElementSibling;
        replaceTurn(old, turn);
      }
      // A move would take the focus away, so nothing is moved that is in its place.
      if (shown === before) before = before.nextElementSibling;
      else if (shown.parentNode !== this.list || shown.nextElementSibling !== before) this.list.insertBefore(shown, before);
    }
    this.list.dataset.conversationTitle = fresh.dataset.conversationTitle;
    this.followOpen();
  }

  #turn(id) {
    return [...this.list.children].find((turn) => id && turn.dataset.turn === id);
  }

  /** Follow the answer that is being written, and leave those that are no longer on the page. */
  followOpen() {
    const runs = new Set(this.open.map((turn) => turn.dataset.run));
    for (const [run, live] of this.lives) {
      if (runs.has(run) && live.root.isConnected) continue;
      live.follower.leave();
      this.lives.delete(run);
    }
    const turn = this.running;
    if (turn && !this.lives.has(turn.dataset.run)) this.#follow(turn);
    this.hooks.onChange();
  }

  async #follow(turn) {
    const run = turn.dataset.run;
    const live = new LiveTurn(turn, this.hooks.announce);
    this.lives.set(run, live);
    live.follower = new RunFollower(run, {
      onEvent: (event) => {
        const before = live.state;
        live.apply(event);
        if (live.state !== before) this.hooks.onChange();
      },
      onConnection: (problem) => live.connection(problem),
    });
    try {
      await live.follower.follow();
      if (live.follower.left) return;
    } catch (problem) {
      live.notify("error", problem.message, problem.requestId ? `Request ${problem.requestId}` : "");
      if (!(problem instanceof Problem)) throw problem;
    }
    live.close();
    await this.refresh().catch(() => {});
    this.hooks.onFinished();
  }

  /** Look now and then for what other tabs and devices did, while somebody sees this one. */
  watch() {
    document.addEventListener("visibilitychange", () => this.#poll());
    addEventListener("pageshow", (event) => event.persisted && this.#poll());
    setInterval(() => {
      const quiet = Date.now() - this.changedAt > QUIET_AFTER_MS;
      if (Date.now() >= this.pollAfter + (quiet ? QUIET_POLL_MS - POLL_MS : 0)) this.#poll();
    }, POLL_MS);
  }

  async #poll() {
    if (!this.sessionId || this.held || this.refreshing || document.visibilityState !== "visible") return;
    this.pollAfter = Date.now();
    await this.refresh().catch((problem) => {
      this.pollAfter = Date.now() + (problem.retryAfter ?? 0) * 1000;
    });
  }
}

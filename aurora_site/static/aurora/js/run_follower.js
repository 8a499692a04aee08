/* Follows one run's events over dropped connections: every event once, in order. */

import { pause, Problem, send } from "./http.js";
import { ConnectionLost, readEvents } from "./sse.js";

const FIRST_DELAY_MS = 400;
const LONGEST_DELAY_MS = 15_000;
// A tab that nobody sees gives its connection back: a browser has six for each host over HTTP/1.1.
const HIDDEN_MS = 30_000;

/** Callbacks: onEvent(event); onConnection(problem), with null when the stream is open, a Problem when it broke off. */
export class RunFollower {
  constructor(runId, { onEvent, onConnection }) {
    Object.assign(this, { runId, onEvent, onConnection, lastSeq: 0, finished: false, left: false });
    this.connection = new AbortController();
  }

  /** Resolves when the run has ended or is left. Rejects with a Problem that no waiting will mend. */
  async follow() {
    const stopHiding = onHidden(() => this.connection.abort());
    try {
      let failures = 0;
      while (!this.finished && !this.left) {
        await visible();
        const before = this.lastSeq;
        const problem = await this.#readOnce();
        if (this.finished || this.left) return;
        if (problem && !problem.passing) throw problem;
        failures = this.lastSeq > before ? 0 : failures + 1;
        if (problem) this.onConnection(problem);
        await reconnectDelay(failures, problem);
      }
    } finally {
      stopHiding();
    }
  }

  /** Stop following; the run goes on. */
  leave() {
    this.left = true;
    this.connection.abort();
  }

  /** Read until the connection ends; the Problem that ended it, or null when it was closed in order. */
  async #readOnce() {
    this.connection = new AbortController();
    try {
      const response = await send(`/api/v1/runs/${this.runId}/stream?after=${this.lastSeq}`, {
        headers: { Accept: "text/event-stream", "Last-Event-ID": String(this.lastSeq) },
        signal: this.connection.signal,
      });
      this.onConnection(null);
      if (response.status === 204) this.finished = true;
      else await this.#consume(response.body);
      return null;
    } catch (error) {
      if (this.connection.signal.aborted) return null;
      if (error instanceof ConnectionLost) return new Problem(error.message);
      if (error instanceof Problem) return error;
      throw error;
    }
  }

  async #consume(body) {
    for await (const frame of readEvents(body)) {
      const event = JSON.parse(frame.data);
      if (event.seq <= this.lastSeq) continue;
      this.lastSeq = event.seq;
      if (event.type === "run.finished") this.finished = true;
      this.onEvent(event);
    }
  }
}

/** Longer after each failure; cut short when the browser is online again. */
export function reconnectDelay(failures, problem) {
  const delay = problem?.retryAfter ? problem.retryAfter * 1000 : Math.min(FIRST_DELAY_MS * 2 ** Math.max(0, failures - 1), LONGEST_DELAY_MS);
  const online = new Promise((resolve) => addEventListener("online", resolve, { once: true, signal: AbortSignal.timeout(delay) }));
  return Promise.race([pause(delay), online]);
}

export function visible() {
  if (document.visibilityState === "visible") return Promise.resolve();
  return new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
}

/** Calls back when the tab has been hidden for a while; returns a function that ends this. */
export function onHidden(callback) {
  let timer = 0;
  function changed() {
    clearTimeout(timer);
    if (document.visibilityState === "hidden") timer = setTimeout(callback, HIDDEN_MS);
  }
  document.addEventListener("visibilitychange", changed);
  changed();
  return () => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", changed);
  };
}

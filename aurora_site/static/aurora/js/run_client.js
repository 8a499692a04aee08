/* Starts runs, follows their events over dropped connections, and cancels them. */

import { ConnectionLost, readEvents } from "./sse.js";

const ASK_URL = "/agents/aurora/stream";
const RUNS_URL = "/api/v1/runs/";
const TRIES = 5;
const FIRST_DELAY_MS = 500;

/** A request that can't be served; `retryAfter` is in seconds where the server named a time. */
export class Problem extends Error {
  constructor(message, { code = "", requestId = "", status = 0, retryAfter = 0, retryable = true } = {}) {
    super(message);
    Object.assign(this, { code, requestId, status, retryAfter, retryable });
  }
}

/** One run as the page follows it. Callbacks: onEvent(event), onRun(runId), onReconnect(tryNumber). */
export class RunClient {
  constructor({ question, key, runId = "", callbacks }) {
    Object.assign(this, { question, key, runId, callbacks, lastSeq: 0, finished: false });
    this.abortController = new AbortController();
  }

  /** Follow the run to its end, asking first where it hasn't begun. Rejects with a Problem when that can't be done. */
  async follow() {
    let failures = 0;
    while (!this.finished && !this.abortController.signal.aborted) {
      const before = this.lastSeq;
      const problem = await this.#connectOnce();
      if (this.finished || this.abortController.signal.aborted) return;
      if (problem && !(this.runId && problem.status >= 500)) throw problem;
      failures = this.lastSeq > before ? 1 : failures + 1;
      if (failures > TRIES) throw new Problem("The connection to Aurora was lost. Check that it is running, then try again.");
      this.callbacks.onReconnect(failures);
      await pause(FIRST_DELAY_MS * 2 ** (failures - 1));
    }
  }

  /** Ask the server to stop the run; its last events still arrive through follow(). */
  async cancel() {
    const response = await fetch(`${RUNS_URL}${this.runId}/cancel`, { method: "POST", headers: { "X-CSRFToken": csrfToken() } });
    if (!response.ok) throw await problemFrom(response);
  }

  /** Stop following, and leave the run alone. */
  leave() {
    this.abortController.abort();
  }

  async #connectOnce() {
    try {
      const response = await (this.runId ? this.#resume() : this.#ask());
      if (!response.ok) return await problemFrom(response);
      this.#learnRun(response.headers.get("Location")?.match(/runs\/([0-9a-f-]{36})/)?.[1]);
      if (response.status === 204) this.finished = true;
      else await this.#consume(response.body);
      return null;
    } catch (error) {
      if (error instanceof ConnectionLost) return null;
      throw error;
    }
  }

  #ask() {
    return this.#fetch(ASK_URL, {
      method: "POST",
      headers: {
        Accept: "text/event-stream",
        "Content-Type": "application/json",
        "X-CSRFToken": csrfToken(),
        "Idempotency-Key": this.key,
      },
      body: JSON.stringify({ msg: this.question, consent: true }),
    });
  }

  #resume() {
    return this.#fetch(`${RUNS_URL}${this.runId}/stream?after=${this.lastSeq}`, {
      headers: { Accept: "text/event-stream", "Last-Event-ID": String(this.lastSeq) },
    });
  }

  async #fetch(url, options) {
    try {
      return await fetch(url, { ...options, signal: this.abortController.signal });
    } catch (error) {
      throw new ConnectionLost("The server could not be reached.", { cause: error });
    }
  }

  async #consume(body) {
    for await (const frame of readEvents(body)) {
      const event = JSON.parse(frame.data);
      if (event.seq <= this.lastSeq) continue;
      this.lastSeq = event.seq;
      this.#learnRun(event.run_id);
      if (event.type === "run.finished") this.finished = true;
      this.callbacks.onEvent(event);
    }
  }

  #learnRun(runId) {
    if (!runId || this.runId) return;
    this.runId = runId;
    this.callbacks.onRun(runId);
  }
}

async function problemFrom(response) {
  const body = await response.json().catch(() => ({}));
  const fields = Object.values(body.fields ?? {}).flat().join(" ");
  const message = fields || body.detail || body.error || `Aurora answered with status ${response.status}.`;
  return new Problem(message, {
    code: body.code,
    requestId: body.request_id ?? response.headers.get("X-Request-ID") ?? "",
    status: response.status,
    retryAfter: Number(response.headers.get("Retry-After")) || 0,
    retryable: response.status === 429 || response.status >= 500,
  });
}

function csrfToken() {
  return document.querySelector("meta[name=csrf-token]")?.content ?? "";
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

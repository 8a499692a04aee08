/* One question and its answer on the page: applies run events to the DOM. */

import { format } from "./format.js";
import { sourceCard, sourceUrl } from "./sources.js";

const STATE_NOTES = {
  cancelled: "Stopped. What had been written so far stands.",
  failed: "The answer could not be finished.",
};

/** Built from <template id="turn">. Callbacks: onStop(turn), onRetry(turn), onSource(citation, opener), announce(text). */
export class Turn {
  constructor(question, callbacks) {
    this.question = question;
    this.callbacks = callbacks;
    this.root = document.getElementById("turn").content.firstElementChild.cloneNode(true);
    this.part("question").textContent = question;
    this.part("stop").addEventListener("click", () => callbacks.onStop(this));
    this.part("retry").addEventListener("click", () => callbacks.onRetry(this));
    this.part("copy").addEventListener("click", () => this.#copy());
    this.reset();
  }

  part(name) {
    return this.root.querySelector(`[data-${name}]`);
  }

  /** Back to the state of a question just asked. */
  reset() {
    Object.assign(this, { text: "", citations: new Map(), finished: false, mode: "", model: "", answered: null, route: null, agent: "", failed: false });
    for (const name of ["text", "notices", "source-list", "steps"]) this.part(name).replaceChildren();
    for (const name of ["byline", "copy", "retry", "sources", "trail"]) this.part(name).hidden = true;
    this.part("stop").hidden = this.part("progress").hidden = false;
    this.part("stop").disabled = false;
    this.part("body").setAttribute("aria-busy", "true");
    this.progress("Sending your question…");
  }

  progress(text) {
    this.part("progress-text").textContent = text;
  }

  apply(event) {
    const handle = HANDLERS[event.type];
    if (handle) handle.call(this, event.data ?? {});
  }

  /** A message box under the answer; `kind` is "error", "warning" or "note". */
  notify(kind, message, detail = "") {
    const notice = document.getElementById(`notice-${kind}`).content.firstElementChild.cloneNode(true);
    notice.querySelector("[data-message]").textContent = message;
    notice.querySelector("[data-detail]").textContent = detail;
    this.part("notices").append(notice);
  }

  /** Ends the turn with a problem that no event told. */
  fail(problem) {
    const wait = problem.retryAfter ? ` You can try again in ${problem.retryAfter} seconds.` : "";
    this.notify("error", problem.message + wait, problem.requestId ? `Request ${problem.requestId}` : "");
    this.failed = true;
    this.close(problem.retryable !== false);
    this.callbacks.announce(problem.message);
  }

  close(retryable = false) {
    this.finished = true;
    this.part("stop").hidden = this.part("progress").hidden = true;
    this.part("copy").hidden = !this.text;
    this.part("retry").hidden = !retryable;
    this.part("body").setAttribute("aria-busy", "false");
    this.draw();
  }

  /** Draw text at most once a frame, however fast it comes. */
  scheduleDraw() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => this.draw());
  }

  draw() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.part("text").replaceChildren(format(this.text, (number) => this.#marker(number)));
  }

  addStep(text) {
    const step = document.createElement("li");
    step.textContent = text;
    this.part("steps").append(step);
    this.part("trail").hidden = false;
    return step;
  }

  addCitation(citation) {
    if (this.citations.has(citation.number)) return;
    this.citations.set(citation.number, citation);
    const card = sourceCard(citation, (opener) => this.callbacks.onSource(citation, opener));
    this.part("source-list").append(card);
    this.part("sources").hidden = false;
    this.scheduleDraw();
  }

  #marker(number) {
    const citation = this.citations.get(number);
    if (!citation) return null;
    const link = document.createElement("a");
    link.className = "citation";
    link.href = sourceUrl(citation);
    link.textContent = number;
    link.setAttribute("aria-label", `Source ${number}: ${citation.title}`);
    link.addEventListener("click", (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      this.callbacks.onSource(citation, link);
    });
    return link;
  }

  drawByline() {
    const name = sentence(this.route?.agent || this.agent);
    const confidence = this.route?.confidence === undefined ? "" : ` · ${Number(this.route.confidence).toFixed(2)}`;
    this.part("byline").hidden = !name;
    this.part("agent").textContent = name && `${name} agent${confidence}`;
    this.part("reason").textContent = this.route?.reason ? ` · ${this.route.reason}` : "";
    this.part("mode").textContent = this.#modeLabel();
    this.part("mode").classList.toggle("is-unanswered", this.answered === false);
    this.part("mode").hidden = !this.mode;
  }

  #modeLabel() {
    if (this.answered === false) return "Not in the documents";
    return this.mode === "llm" ? this.model || "Language model" : "Quoted from documents";
  }

  async #copy() {
    const button = this.part("copy");
    const label = button.querySelector("[data-label]");
    try {
      await navigator.clipboard.writeText(this.#copyText());
      label.textContent = "Copied";
      button.classList.add("is-done");
    } catch {
      label.textContent = "Copying is blocked here";
    }
    setTimeout(() => {
      label.textContent = "Copy answer";
      button.classList.remove("is-done");
    }, 2000);
  }

  #copyText() {
    const sources = [...this.citations.values()].map((citation) => `[${citation.number}] ${citation.title} (${citation.path})`);
    return [this.text, ...(sources.length ? ["", ...sources] : [])].join("\n");
  }
}

const HANDLERS = {
  "run.started"(data) {
    this.agent = data.agent ?? "";
    this.model = data.model ?? this.model;
    this.progress("Looking for an answer…");
  },
  route(data) {
    this.route = data;
    this.drawByline();
  },
  thought(data) {
    this.progress(data.text);
    if (!this.part("steps").textContent.includes(data.text)) this.addStep(data.text);
  },
  "tool.call"(data) {
    this.addStep(sentence(data.name)).dataset.call = data.call_id;
    this.progress(`${sentence(data.name)}…`);
  },
  "tool.result"(data) {
    const step = this.part("steps").querySelector(`[data-call="${CSS.escape(data.call_id ?? "")}"]`) ?? this.addStep("");
    step.textContent = `${sentence(data.name)}${data.ok === false ? " failed" : ""}: ${data.summary ?? ""}`;
    if (data.summary) this.progress(data.summary);
  },
  token(data) {
    if (!this.text) this.progress("Answering…");
    this.text += data.text;
    this.scheduleDraw();
  },
  citation(data) {
    this.addCitation(data);
  },
  message(data) {
    this.text = data.text;
    this.mode = data.mode ?? this.mode;
    this.answered = data.answered ?? null;
    for (const citation of data.citations ?? []) this.addCitation(citation);
    this.scheduleDraw();
    const unverified = data.unverified?.length ?? 0;
    if (unverified) this.notify("warning", `No source was found for ${unverified === 1 ? "one sentence" : `${unverified} sentences`} of this answer.`);
  },
  usage(data) {
    this.model = data.model || this.model;
  },
  warning(data) {
    this.notify("warning", data.message);
  },
  error(data) {
    this.failed = true;
    this.notify("error", data.message, data.code);
    this.part("retry").hidden = !data.retryable;
  },
  "run.finished"(data) {
    Object.assign(this, { mode: data.mode || this.mode, agent: data.agent || this.agent });
    this.drawByline();
    const note = STATE_NOTES[data.state];
    if (note && !this.failed) this.notify("note", note);
    if (data.trace_id) this.addStep(`Trace ${data.trace_id}`);
    this.close(data.state === "cancelled" || !this.part("retry").hidden || (data.state === "failed" && !this.failed));
    this.callbacks.announce([note, this.text, sourceCount(this.citations.size)].filter(Boolean).join(" "));
  },
};

function sourceCount(count) {
  return count ? `${count} ${count === 1 ? "source" : "sources"}.` : "";
}

/** An identifier as words: "skill-navigator" is "Skill navigator", "knowledge.search" is "Knowledge search". */
function sentence(identifier) {
  const words = (identifier ?? "").replace(/[-_.]/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

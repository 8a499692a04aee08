/* An answer while it is being written: applies run events to the turn's part of the page. The server draws the finished one. */

import { format } from "./format.js";
import { Steps } from "./steps.js";
import { counted, sentence } from "./words.js";

const ENDINGS = { cancelled: "Stopped.", failed: "The answer could not be finished." };
// Long texts are drawn less often: each drawing is of all the text.
const LONG_TEXT = 20_000;
const LONG_TEXT_MS = 300;
const ANNOUNCED = 1000;

/** `root` is a turn's list item; announce(text) speaks to screen readers. */
export class LiveTurn {
  constructor(root, announce) {
    Object.assign(this, { root, announce, text: "", citations: 0, failed: false, said: "", state: "" });
    this.steps = new Steps(this.part("steps"));
    for (const name of ["steps", "text", "notices"]) this.part(name).replaceChildren();
  }

  part(name) {
    return this.root.querySelector(`[data-${name}]`);
  }

  /** What the turn waits for, in words. */
  progress(text) {
    this.said = text;
    this.part("progress-text").textContent = text;
  }

  /** What is wrong with the connection; null when it is well again. */
  connection(problem) {
    const wait = problem?.retryAfter ? `Too many requests just now; going on in ${problem.retryAfter} seconds…` : "Connection lost. Trying again…";
    this.part("progress-text").textContent = problem ? wait : this.said;
  }

  apply(event) {
    HANDLERS[event.type]?.call(this, event.data ?? {});
  }

  /** A message box under the answer; `kind` is "error", "warning" or "note". */
  notify(kind, message, detail = "") {
    const notice = document.getElementById(`notice-${kind}`).content.firstElementChild.cloneNode(true);
    notice.querySelector("[data-message]").textContent = message;
    notice.querySelector("[data-detail]").textContent = detail;
    this.part("notices").append(notice);
    return notice;
  }

  /** Nothing more will come: show the text as it stands. */
  close() {
    this.part("progress").hidden = true;
    this.part("body").setAttribute("aria-busy", "false");
    this.draw();
  }

  setState(state) {
    this.state = this.root.dataset.runState = state;
    this.part("progress").classList.toggle("is-waiting", state === "waiting_approval");
  }

  scheduleDraw() {
    if (this.drawing) return;
    const draw = () => this.draw();
    this.drawing = this.text.length > LONG_TEXT ? setTimeout(draw, LONG_TEXT_MS) : requestAnimationFrame(draw);
  }

  draw() {
    this.drawing = 0;
    this.part("text").replaceChildren(format(this.text));
  }
}

const HANDLERS = {
  "run.started"() {
    this.setState("running");
    this.part("queued")?.remove();
    this.progress("Looking for an answer…");
  },
  route(data) {
    const confidence = data.confidence === undefined || data.confidence === null ? "" : ` · ${Number(data.confidence).toFixed(2)}`;
    this.part("agent").textContent = `${sentence(data.agent)} agent${confidence}`;
    this.part("reason").textContent = data.reason ? ` · ${data.reason}` : "";
    this.part("byline").hidden = false;
  },
  thought(data) {
    this.progress(data.text);
  },
  "tool.call"(data) {
    this.setState("running");
    this.steps.called(data);
    this.progress(`${sentence(data.name)}…`);
  },
  "tool.result"(data) {
    this.steps.returned(data);
    if (this.steps.waiting) return;
    this.setState("running");
    if (data.summary) this.progress(data.summary);
  },
  "approval.required"(data) {
    this.setState("waiting_approval");
    this.steps.proposed(data);
    this.progress("Waits for your decision.");
    this.announce(`Aurora waits for your decision. ${sentence(data.name)}: ${data.summary ?? ""}`);
  },
  token(data) {
    if (!this.text) this.progress("");
    this.text += data.text;
    this.scheduleDraw();
  },
  message(data) {
    this.text = data.text;
    this.citations = data.citations?.length ?? 0;
    this.scheduleDraw();
  },
  warning(data) {
    this.notify("warning", data.message);
  },
  error(data) {
    this.failed = true;
    this.notify("error", data.message, data.code);
  },
  "run.finished"(data) {
    this.close();
    const ending = ENDINGS[data.state] ?? "";
    if (ending && !this.failed) this.notify("note", ending);
    const sources = this.citations ? `${counted(this.citations, "source")}.` : "";
    this.announce([ending, data.error?.message, this.text.slice(0, ANNOUNCED), sources].filter(Boolean).join(" "));
  },
};

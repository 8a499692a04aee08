/* The tool calls of an answer that is being written, and the decisions that some of them wait for. */

import { sentence, showArguments } from "./words.js";

const DECISIONS = { approved: "Approved", denied: "Denied", expired: "Nobody decided in time" };

/** Fills the list of steps from <template id="step"> and <template id="approval">. */
export class Steps {
  constructor(list) {
    this.list = list;
    this.items = new Map();
  }

  /** A call has begun; one that was approved says so. */
  called(data) {
    const item = this.#put(data.call_id, "step");
    part(item, "step-title").textContent = sentence(data.name);
    showArguments(part(item, "arguments"), data.arguments);
    if (data.approved_by) this.#decided(item, "approved");
  }

  /** A call came to an end, or a person's decision ended it. */
  returned(data) {
    let item = this.items.get(data.call_id);
    if (!item || item.matches(".approval")) {
      this.called({ ...item?.call, ...data });
      item = this.items.get(data.call_id);
    }
    item.classList.toggle("is-failed", data.ok === false);
    part(item, "step-summary").textContent = data.summary ?? "";
    const output = data.output || foundLines(data.found);
    part(item, "output").textContent = output;
    part(item, "output").hidden = !output;
    if (data.decision) this.#decided(item, data.decision);
  }

  /** A call waits for a decision. */
  proposed(data) {
    const item = this.#put(data.call_id, "approval");
    item.call = data;
    part(item, "step-title").textContent = sentence(data.name);
    part(item, "summary").textContent = data.summary ?? "";
    showArguments(part(item, "arguments"), data.arguments);
    part(item, "risk").textContent = data.risk ? `Risk: ${data.risk}` : "";
    part(item, "risk").hidden = !data.risk;
    const note = part(item, "note");
    note.id = `note-${data.call_id}`;
    part(item, "note-label").htmlFor = note.id;
    showExpiry(item, data.expires_at);
  }

  get waiting() {
    return this.list.querySelector("[data-approval]");
  }

  #decided(item, decision) {
    part(item, "decision").textContent = DECISIONS[decision] ?? sentence(decision);
    part(item, "decision").hidden = false;
  }

  /** A fresh item for a call, in the place of the one that it had. */
  #put(callId, template) {
    const item = document.getElementById(template).content.firstElementChild.cloneNode(true);
    item.dataset.call = callId;
    const old = this.items.get(callId);
    if (old) old.replaceWith(item);
    else this.list.append(item);
    this.items.set(callId, item);
    return item;
  }
}

function part(item, name) {
  return item.querySelector(`[data-${name}]`);
}

/** Says until when one can decide, and closes the form when that has passed. */
function showExpiry(item, expiresAt) {
  if (!expiresAt) return;
  const end = new Date(expiresAt);
  const expiry = part(item, "expiry");
  expiry.textContent = `Decide by ${end.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}.`;
  const left = end - Date.now();
  if (left > 2 ** 31 - 1) return;
  setTimeout(() => {
    expiry.textContent = "The time to decide has passed.";
    for (const control of item.querySelectorAll("button, input")) control.disabled = true;
  }, Math.max(0, left));
}

function foundLines(found) {
  return (found ?? []).map((row) => [row.path, row.heading].filter(Boolean).join(" › ")).join("\n");
}

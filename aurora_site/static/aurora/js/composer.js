/* The question box: sends on Enter, grows with its text, and says what Aurora is doing. */

import { counted } from "./words.js";

/** Hooks: onAsk(question), onStop(), onDecide(). */
export class Composer {
  constructor(form, { onAsk, onStop, onDecide }) {
    this.form = form;
    this.box = form.querySelector("textarea");
    this.onAsk = onAsk;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#ask();
    });
    this.box.addEventListener("input", () => this.fit());
    this.box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
    this.part("stop").addEventListener("click", onStop);
    this.part("decide").addEventListener("click", onDecide);
  }

  part(name) {
    return this.form.querySelector(`[data-${name}]`);
  }

  #ask() {
    const question = this.box.value.trim();
    this.box.focus();
    if (!question) return;
    this.box.value = "";
    this.fit();
    this.problem("");
    this.onAsk(question);
  }

  fit() {
    this.box.style.height = "auto";
    if (this.box.value) this.box.style.height = `${this.box.scrollHeight}px`;
  }

  /** Shows what the running turn does and how many questions wait behind it; nothing without a running turn. */
  show(running, waiting) {
    const deciding = running?.dataset.runState === "waiting_approval";
    const doing = deciding ? "Your decision is needed." : "Aurora is answering.";
    const state = this.part("state");
    if (!running && state.contains(document.activeElement)) this.box.focus();
    state.hidden = !running;
    state.classList.toggle("is-waiting", deciding);
    this.part("state-text").textContent = waiting ? `${doing} ${counted(waiting, "question")} in line.` : doing;
    this.part("decide").hidden = !deciding;
    this.box.placeholder = running ? "Ask the next question" : "Ask a question";
  }

  /** Something that was asked for here did not work; an empty text takes the last one away. */
  problem(text) {
    this.part("problem").textContent = text;
    this.part("problem").hidden = !text;
  }
}

/* Editing a question in its place. */

import { guarded } from "./guarded.js";

/** Shows <template id="edit"> instead of the question; `onAsk(question)` is called with the changed text. */
export function openEditor(turn, onAsk) {
  const place = turn.querySelector("[data-question-place]");
  const heading = turn.querySelector("[data-question]");
  const tools = turn.querySelector("[data-question-tools]");
  const question = heading.textContent;
  const form = document.getElementById("edit").content.firstElementChild.cloneNode(true);
  const box = form.elements.question;
  box.id = `edit-${turn.dataset.turn}`;
  form.querySelector("label").htmlFor = box.id;
  box.value = question;
  // The outline of the page keeps the question.
  heading.classList.add("visually-hidden");
  tools.hidden = true;
  place.append(form);
  box.focus();
  box.setSelectionRange(question.length, question.length);

  function close() {
    form.remove();
    heading.classList.remove("visually-hidden");
    tools.hidden = false;
    turn.querySelector("[data-edit]").focus();
  }

  form.querySelector("[data-cancel]").addEventListener("click", close);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const changed = box.value.trim();
    if (!changed || changed === question) close();
    else guarded(form.querySelector("[type=submit]"), { problem: (text) => showProblem(form, text) }, () => onAsk(changed));
  });
}

function showProblem(form, text) {
  const problem = form.querySelector("[data-problem]");
  problem.textContent = text;
  problem.hidden = !text;
}

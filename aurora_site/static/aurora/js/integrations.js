/* Shows how to set up the source that is chosen. */

const form = document.querySelector("[data-create]");

function show() {
  const chosen = form.querySelector("[name=source]:checked")?.value;
  for (const each of form.querySelectorAll("[data-how-to]")) each.classList.toggle("is-shown", each.dataset.howTo === chosen);
}

form?.addEventListener("change", show);
if (form) {
  show();
  form.querySelector("[data-own-secret]").addEventListener("input", () => (form.querySelector("[name=secret_kind][value=own]").checked = true));
}

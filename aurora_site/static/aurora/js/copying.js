/* Buttons that copy the text of another element. */

import { announce } from "./announce.js";

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    const place = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(place.textContent);
      announce("Copied.", true);
    } catch {
      // Browsers keep the clipboard from pages on plain http: the text is selected, to be copied by hand.
      getSelection().selectAllChildren(place);
      announce("Selected; copy it with your keyboard.", true);
    }
  });
}

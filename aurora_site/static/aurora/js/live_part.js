/* A part of the page that follows the incidents: redrawn by the server when they change, morphed in place. */

import "./ago.js";
import { announce } from "./announce.js";
import { followIncidents } from "./incident_stream.js";
import { pause } from "./http.js";
import { morph } from "./morph.js";
import { part } from "./poll.js";

// Storms bring hundreds of changes a second; a reader needs one picture a second.
const CALM_MS = 1000;
// And a server that is slow isn't asked more often.
const CALM_FACTOR = 5;
const SPOKEN = {
  "incident.opened": "opened",
  "incident.created": "was reported",
  "incident.resolved": "is resolved",
  "incident.reopened": "is open again",
  "incident.acknowledged": "is acknowledged",
  "incident.merged": "was merged",
};

/** Keeps `root` current. `concerns(change)` says which changes matter; `redrawn()` is called after each new picture. */
export function keepCurrent(root, { concerns = () => true, redrawn = () => {} } = {}) {
  const dot = document.querySelector("[data-live-state]");
  let running = null;
  let isDue = false;
  let pictures = 0;

  function redraw(html) {
    pictures += 1;
    morph(root, html);
    redrawn();
  }

  // Answers may overtake each other: only the picture asked for last is drawn.
  async function look() {
    const own = (pictures += 1);
    const html = await part(location.href);
    if (html !== null && own === pictures) redraw(html);
  }

  function soon() {
    isDue = true;
    running ??= (async () => {
      while (isDue) {
        isDue = false;
        const began = performance.now();
        await look();
        await pause(Math.max(CALM_MS, CALM_FACTOR * (performance.now() - began)));
      }
      running = null;
    })();
  }

  followIncidents(Number(root.dataset.stream) || 0, {
    look,
    onEvent(change) {
      // Too much happened to tell it one by one.
      if (change.type === "reset") return soon();
      if (!concerns(change)) return;
      const spoken = SPOKEN[change.kind];
      if (spoken) announce(`INC-${change.number} ${spoken}: ${change.title}.`);
      soon();
    },
    onState(isLive) {
      dot.hidden = false;
      dot.classList.toggle("is-live", isLive);
      dot.textContent = isLive ? "Live" : "Looking now and then";
    },
  });
  return { redraw, look };
}

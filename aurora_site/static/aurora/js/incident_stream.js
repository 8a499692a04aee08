/* Hears of every change of incidents; looks by itself while the stream is away. */

import { readEvents } from "./sse.js";
import { pause, Problem, send } from "./http.js";
import { onHidden, visible } from "./run_follower.js";

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 15_000;

/**
 * Follows the stream for as long as the page is open. Callbacks: onEvent(change) for each change after `after`;
 * onState(isLive) when the stream opens and when it breaks off; look(), to be called now and then while it is away.
 */
export async function followIncidents(after, { onEvent, onState, look }) {
  let last = after;
  let delay = FIRST_DELAY_MS;
  for (;;) {
    await visible();
    const connection = new AbortController();
    const stopHiding = onHidden(() => connection.abort());
    try {
      const response = await open(last, connection.signal);
      onState(true);
      delay = FIRST_DELAY_MS;
      for await (const frame of readEvents(response.body)) {
        const change = JSON.parse(frame.data);
        last = Number(frame.id || change.seq) || last;
        onEvent(change);
      }
    } catch (error) {
      if (!connection.signal.aborted && !(error instanceof Problem) && error.name !== "ConnectionLost") console.warn(error);
    } finally {
      stopHiding();
    }
    onState(false);
    await pause(delay);
    await visible();
    await look();
    delay = Math.min(delay * 2, LONGEST_DELAY_MS);
  }
}

function open(after, signal) {
  return send(`/api/incidents/stream?after=${after}`, {
    headers: { Accept: "text/event-stream", "Last-Event-ID": String(after) },
    signal,
  });
}

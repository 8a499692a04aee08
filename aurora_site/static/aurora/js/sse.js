/* Server-sent events read from a fetch response (WHATWG HTML, 9.2.6), as far as Aurora uses them. */

// The server says something every 15 seconds; a connection that is silent for longer is dead without knowing it.
const SILENCE_MS = 40_000;

/** The connection broke off; what was received so far stands. */
export class ConnectionLost extends Error {}

/**
 * Yields {id, event, data} for every event of a text/event-stream body; comments and retry hints are skipped.
 * An event cut off by the end of the body is dropped: a resumed stream sends it again.
 */
export async function* readEvents(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  let timer = 0;
  try {
    for (;;) {
      timer = setTimeout(() => reader.cancel().catch(() => {}), SILENCE_MS);
      const { value, done } = await reader.read().catch((error) => {
        throw new ConnectionLost("The stream broke off.", { cause: error });
      });
      clearTimeout(timer);
      if (done) return;
      buffer += value;
      const frames = buffer.split(/\r?\n\r?\n/);
      buffer = frames.pop();
      for (const frame of frames) {
        const event = parseFrame(frame);
        if (event) yield event;
      }
    }
  } finally {
    clearTimeout(timer);
    reader.cancel().catch(() => {});
  }
}

function parseFrame(frame) {
  const event = { id: "", event: "message", data: [] };
  for (const line of frame.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    if (colon < 1) continue;
    const field = line.slice(0, colon);
    const value = line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") event.data.push(value);
    else if (field === "id" || field === "event") event[field] = value;
  }
  return event.data.length ? { ...event, data: event.data.join("\n") } : null;
}

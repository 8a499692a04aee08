/* Tells the other tabs of this browser that a conversation changed, so that they need not wait for their next look. */

const channel = "BroadcastChannel" in window ? new BroadcastChannel("aurora-conversations") : null;

export function tellTabs(sessionId) {
  channel?.postMessage(sessionId);
}

/** Calls back with the id of a conversation that another tab changed. */
export function onOtherTab(callback) {
  channel?.addEventListener("message", (event) => callback(event.data));
}

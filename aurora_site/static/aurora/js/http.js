/* Requests to Aurora, and the problems they may end with. */

const TRIES = 3;
const FIRST_DELAY_MS = 400;

/** A request that can't be served; `status` is 0 when the server could not be reached, `retryAfter` is in seconds. */
export class Problem extends Error {
  constructor(message, { code = "", requestId = "", status = 0, retryAfter = 0 } = {}) {
    super(message);
    Object.assign(this, { code, requestId, status, retryAfter });
  }

  /** Whether the same request may well succeed a little later. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** The response to a request, `body` sent as JSON. Rejects with a Problem unless it is below 400 (304 included). */
export async function send(url, { method = "GET", body, headers = {}, signal } = {}) {
  const own = { "X-CSRFToken": csrfToken() };
  if (body !== undefined) own["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(url, { method, headers: { ...own, ...headers }, body: body && JSON.stringify(body), signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem("Aurora could not be reached. Check your connection, then try again.", { code: "UNREACHABLE" });
  }
  if (response.status >= 400) throw await problemFrom(response);
  return response;
}

/** POST that changes something once, however often it is tried: the server joins tries by their Idempotency-Key. */
export async function postOnce(url, body, key = newKey()) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const response = await send(url, { method: "POST", body, headers: { "Idempotency-Key": key } });
      return await response.json();
    } catch (problem) {
      const again = problem.status === 0 || problem.status === 502 || problem.status === 503;
      if (!again || attempt === TRIES) throw problem;
      await pause(FIRST_DELAY_MS * 2 ** (attempt - 1));
    }
  }
}

/** An idempotency key: 128 random bits (randomUUID is missing on plain-http addresses other than loopback). */
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

async function problemFrom(response) {
  const body = await response.json().catch(() => ({}));
  const fields = Object.values(body.fields ?? {}).flat().join(" ");
  const message = fields || body.detail || body.error || `Aurora answered with status ${response.status}.`;
  return new Problem(message, {
    code: body.code,
    requestId: body.request_id ?? response.headers.get("X-Request-ID") ?? "",
    status: response.status,
    retryAfter: Number(response.headers.get("Retry-After")) || 0,
  });
}

function csrfToken() {
  return document.querySelector("meta[name=csrf-token]")?.content ?? "";
}

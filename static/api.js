// @ts-check
// The private calls. Who only reads a thread on another site makes none.
/** @import { CommentThread } from "./comment-thread.js" */

/**
 * A call of the JSON API, with the reader's token. Throws a Problem.
 * @param {CommentThread} thread @param {string} method @param {string} path @param {unknown} [body]
 * @param {RequestInit} [more] @param {boolean} [again] @param {number} [tries]
 * @returns {Promise<any>}
 */
export async function ask(thread, method, path, body, more, again, tries = 0) {
  const sent = thread.isSent && (await (await import("./signin.js")).siteToken(thread));
  const token = sent || thread.recall("token");
  const headers = new Headers(more?.headers);
  if (body) headers.set("Content-Type", "application/json");
  if (token) headers.set("Authorization", "Bearer " + token);
  const credentials = thread.isForeign ? "omit" : "same-origin";
  const response = await thread.request("/api/v1/" + path, {
    ...more, method, credentials, headers, body: body ? JSON.stringify(body) : null,
  });
  const answer = await response.json().catch(() => ({}));
  // What is read from now on, perhaps of a copy that lags, must not be older than this.
  const at = response.headers.get("Comments-Revision");
  if (at) {
    thread.keep("at:" + thread.key, at);
    thread.keep("wrote", String(Date.now()));
  }
  if (answer.token) thread.keep("token", answer.token);
  if (response.ok) return answer;
  if (response.status === 401 && token && (await (await import("./signin.js")).refused(thread, token, method, again, answer)))
    return ask(thread, method, path, body, more, true);
  // What is laid over the thread comes when the site is less busy; whoever pressed something is told.
  if (path.startsWith("me?") && response.status === 503 && (await (await import("./busy.js")).waited(thread, response, tries)))
    return ask(thread, method, path, body, more, again, tries + 1);
  const retryAfter = Number(response.headers.get("Retry-After"));
  throw Object.assign(new Error(answer.detail), { retryAfter }, answer);
}

// @ts-check
// What the thread says to its reader, in words the server has translated.
/** @import { CommentThread } from "./comment-thread.js" */
/** @import { Problem, Words } from "./types" */

/** @param {CommentThread} thread @param {Words} name @param {Record<string, unknown>} [values] */
export function words(thread, name, values = {}) {
  const found = thread.section?.querySelector("[data-texts]")?.getAttribute("data-" + name) ?? "";
  return found.replace(/{(\w+)}/, (_all, field) => String(values[field]));
}

/** For those who listen to the page. @param {CommentThread} thread @param {string} sentence */
export function say(thread, sentence) {
  let status = /** @type {HTMLElement | null} */ (thread.root.querySelector("[data-status]"));
  if (!status) {
    status = Object.assign(document.createElement("p"), { className: "comments-status", role: "status" });
    status.dataset.status = "";
    thread.root.append(status);
  }
  status.textContent = "";
  // A region has to be there, and empty, before what is put into it is heard.
  setTimeout(() => (status.textContent = sentence), 100);
}

/**
 * Says beside *place* why something did not work and, if that is known, until when.
 * @param {CommentThread} thread @param {unknown} error @param {Element} place
 */
export function fail(thread, error, place) {
  const problem = /** @type {Problem} */ (error);
  if (thread.signal.aborted || !thread.emit("error", problem)) return;
  const where = place.closest('form:not([data-do="vote"])') ?? place.closest("[data-id]")?.querySelector("[data-comment]") ?? place;
  hush(where);
  const alert = document.createElement("p");
  alert.className = "c-alert";
  alert.dataset.trouble = "";
  alert.role = "alert";
  alert.textContent = problem.detail ?? words(thread, "offline");
  if (problem.retryAfter) alert.append(" ", whenAgain(thread, problem.retryAfter));
  const bar = where.querySelector("[data-bar]");
  if (bar) bar.before(alert);
  else where.append(alert);
}

/** Takes an earlier complaint away. @param {Element} where */
export function hush(where) {
  for (const old of where.querySelectorAll("[data-trouble]")) old.remove();
  for (const field of where.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
}

/** When it can be tried again; gone once it can. @param {CommentThread} thread @param {number} seconds from now */
function whenAgain(thread, seconds) {
  const sentence = document.createElement("span");
  sentence.textContent = words(thread, "until", { time: clock(thread, seconds) });
  setTimeout(() => sentence.remove(), seconds * 1000);
  return sentence;
}

/** @param {CommentThread} thread @param {number} seconds from now */
function clock(thread, seconds) {
  const timeStyle = seconds < 120 ? "medium" : "short";
  return new Intl.DateTimeFormat(thread.language, { timeStyle }).format(Date.now() + seconds * 1000);
}

// @ts-check
// A site with more readers than it can serve says so in its own words, and what its reader wanted is
// asked for again: once the site has had its pause, and not by all in the same moment.
/** @import { CommentThread } from "./comment-thread.js" */

/** How often it is asked again, and by how much the pauses grow. */
const MOST = 5;
const SLOWER = 1.5;
/** Seconds of a pause where the site names none, and the longest that anybody waits. */
const USUAL = 5;
const LONGEST = 60;
/** Parts that somebody waits for. */
const AWAITED = ["thread", "replies"];

/**
 * A part of the thread that was refused: it comes after a while, or a Problem is thrown.
 * @param {CommentThread} thread @param {Response} response @param {string} name
 * @param {Record<string, string | undefined> | undefined} asked @param {number} tries
 */
export async function again(thread, response, name, asked, tries) {
  const { status } = response;
  // A proxy in front may refuse in words of its own, which are not for readers.
  const { detail } = await response.json().catch(() => ({}));
  const note = status === 503 && detail && AWAITED.includes(name) ? tell(thread, detail) : undefined;
  const may = await waited(thread, response, tries);
  note?.remove();
  if (may) return thread.fragment(name, asked, tries + 1);
  throw Object.assign(new Error(detail), { status, detail });
}

/**
 * Waits until *response* may be asked for again; false where there is no sense in it.
 * @param {CommentThread} thread @param {Response} response @param {number} tries
 */
export async function waited(thread, { status, headers }, tries) {
  const seconds = Number(headers.get("Retry-After")) || USUAL;
  if (status !== 503 || tries >= MOST || seconds > LONGEST) return false;
  const pause = seconds * 1000 * SLOWER ** tries * (1 + Math.random() / 2);
  await new Promise((done) => setTimeout(done, pause));
  return !thread.signal.aborted;
}

/** @param {CommentThread} thread @param {string} text */
function tell(thread, text) {
  const note = document.createElement("p");
  note.className = "c-alert";
  note.role = "status";
  const { section, root } = thread;
  const head = section?.querySelector("header");
  // Beside what was pressed: below a long list nobody would see it.
  if (head) head.after(note);
  else (section ?? root).append(note);
  // A region has to be there, and empty, before what is put into it is heard.
  setTimeout(() => (note.textContent = text), 100);
  return note;
}

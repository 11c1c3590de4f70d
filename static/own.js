// @ts-check
// What a reader does with all they wrote: takes a copy of it, or erases it.
/** @import { CommentThread } from "./comment-thread.js" */
import { focus } from "./layer.js";
import { piece } from "./pieces.js";
import { fail, hush } from "./speech.js";

const FILE = "comments.json";
/** What this browser remembers of who wrote. Unsent texts stay: they are on no server. */
const REMEMBERED = ["token", "name", "website", "email"];

/** Puts it below the discussion, for somebody who has written. @param {CommentThread} thread */
export async function standBelow(thread) {
  const below = await piece(thread, "pieces", "data-own-data");
  // It may have been drawn anew, or asked for twice, while we waited.
  const { section } = thread;
  if (!section?.querySelector("[data-own-data]")) section?.querySelector("[data-foot]")?.after(below);
}

/** @param {CommentThread} thread @param {HTMLElement} button */
export async function ownDownload(thread, button) {
  const place = placeOf(button);
  hush(place);
  try {
    const copy = await thread.api("GET", "me/data");
    offer(new Blob([JSON.stringify(copy, null, 2)], { type: "application/json" }));
  } catch (error) {
    fail(thread, error, place);
  }
}

/** Hands the browser a file to keep. @param {Blob} file */
function offer(file) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = FILE;
  link.click();
  // Not at once: the browser has only begun to read it.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** The first press says what it means; nothing is erased yet. @param {CommentThread} _thread @param {HTMLElement} button */
export function ownAsk(_thread, button) {
  const asked = unfold(placeOf(button), button.ariaExpanded !== "true");
  if (!asked.hidden) focus(asked.querySelector("p"));
}

/** @param {CommentThread} _thread @param {HTMLElement} button */
export function ownKeep(_thread, button) {
  const place = placeOf(button);
  hush(place);
  unfold(place, false);
  focus(place.querySelector("[aria-expanded]"));
}

/** @param {HTMLElement} place @param {boolean} open */
function unfold(place, open) {
  const asked = /** @type {HTMLElement} */ (place.querySelector("[data-own-ask]"));
  asked.hidden = !open;
  place.querySelector("[aria-expanded]")?.setAttribute("aria-expanded", String(open));
  return asked;
}

/** @param {CommentThread} thread @param {HTMLElement} button */
export async function ownErase(thread, button) {
  const place = placeOf(button);
  if (place.ariaBusy === "true") return;
  hush(place);
  place.ariaBusy = "true";
  try {
    await thread.api("DELETE", "me");
    const note = await piece(thread, "pieces", "data-own-done");
    await forget(thread);
    // Where the thread could not be drawn anew.
    place.remove();
    confirm(thread, note);
  } catch (error) {
    fail(thread, error, place);
  } finally {
    place.ariaBusy = null;
  }
}

/** Nobody is known here any more; the thread is shown as everybody sees it. @param {CommentThread} thread */
async function forget(thread) {
  // Among what was read here are one's own.
  for (const name of [...REMEMBERED, `visit:${thread.key}`]) thread.keep(name);
  thread.me = { viewer: null, votes: {}, own: {}, sources: {} };
  // Erased is erased, whether or not the thread can be fetched just now.
  await thread.load({}).catch((error) => thread.emit("error", error));
  // What was loaded is no older than that; now even the fact that they wrote goes.
  for (const name of ["wrote", `at:${thread.key}`]) thread.keep(name);
}

/** @param {CommentThread} thread @param {HTMLElement} note */
function confirm(thread, note) {
  thread.section?.querySelector("[data-foot]")?.after(note);
  focus(note);
  note.scrollIntoView({ block: "nearest" });
}

/** @param {HTMLElement} button */
function placeOf(button) {
  return /** @type {HTMLElement} */ (button.closest("[data-own-data]"));
}

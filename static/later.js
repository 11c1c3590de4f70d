// @ts-check
// What a thread has beyond itself: it comes once the first view is over, part by part.
/** @import { CommentThread } from "./comment-thread.js" */

/** @type {WeakSet<AbortSignal>} */
const followed = new WeakSet();

/**
 * Called each time the thread has been loaded and its reader has stirred.
 * @param {CommentThread} thread
 */
export async function follow(thread) {
  if (followed.has(thread.signal)) return;
  followed.add(thread.signal);
  try {
    await whatIsNew(thread);
  } catch (error) {
    if (!thread.signal.aborted) thread.emit("error", error);
  }
}

/** Marks since the last visit, and the bubble. @param {CommentThread} thread */
async function whatIsNew(thread) {
  const [{ Watch, dress }, { Visit }] = await Promise.all([import("./news.js"), import("./visits.js")]);
  const watch = new Watch(thread);
  const visit = new Visit(thread, watch);
  const corner = thread.getAttribute("bubble") ?? thread.section?.dataset.bubble ?? "end";
  if (corner !== "off") await (await import("./bubble.js")).float(thread, watch, visit, corner);
  else if (visit.hasMissed) await Promise.all([dress(thread), watch.look()]);
}

// @ts-check
// What a thread has beyond itself: it comes once the first view is over, part by part.
/** @import { CommentThread } from "./comment-thread.js" */

/**
 * Called each time the thread has been loaded and its reader has stirred.
 * @param {CommentThread} thread
 */
export function follow(thread) {
  if (document.querySelector("[data-comments-article], comment-anchor, [data-comment-question]"))
    import("./inline.js").then(({ attend }) => attend(thread));
}

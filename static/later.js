// @ts-check
// What a thread has beyond itself: it comes once the first view is over, part by part.
/** @import { CommentThread } from "./comment-thread.js" */

/**
 * Called each time the thread has been loaded and its reader has stirred.
 * @param {CommentThread} thread
 */
export function follow(thread) {
  whenThereIsAnArticle(thread);
}

const ARTICLE = "[data-comments-article], comment-anchor, [data-comment-question]";
/** @type {WeakSet<AbortSignal>} */
const waiting = new WeakSet();

/** Comments on passages: at once, or when an article that arrives late is there. @param {CommentThread} thread */
function whenThereIsAnArticle(thread) {
  const { signal } = thread;
  if (waiting.has(signal)) return;
  waiting.add(signal);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const look = async () => {
    timer = undefined;
    if (signal.aborted || !document.querySelector(ARTICLE)) return;
    seen.disconnect();
    (await import("./inline.js")).attend(thread);
  };
  const seen = new MutationObserver(() => (timer ??= setTimeout(look, 300)));
  signal.addEventListener("abort", () => seen.disconnect());
  seen.observe(document.body, { childList: true, subtree: true });
  look();
}

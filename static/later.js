// @ts-check
// What a thread has beyond itself: it comes once the first view is over, part by part.
/** @import { CommentThread } from "./comment-thread.js" */
/** @import { Visit } from "./visits.js" */
import { tellMoments } from "./exact.js";

/** @type {WeakMap<AbortSignal, Promise<Visit>>} */
const visits = new WeakMap();

/**
 * Called when the reader has stirred: once on a page whose thread may not be loaded yet, and each
 * time the thread has been.
 * @param {CommentThread} thread @param {boolean} [met] whether the thread stands and knows its reader
 */
export async function follow(thread, met) {
  whenThereIsAnArticle(thread);
  try {
    await visit(thread, met);
  } catch (error) {
    if (!thread.signal.aborted) thread.emit("error", error);
  }
}

/** Marks since the last visit, and the bubble. @param {CommentThread} thread @param {boolean} [met] */
async function visit(thread, met) {
  const { signal } = thread;
  const begun = visits.get(signal) ?? begin(thread);
  visits.set(signal, begun);
  const visit = await begun;
  if (met && !signal.aborted) await visit.meet();
}

/** @param {CommentThread} thread */
async function begin(thread) {
  tellMoments(thread.root, thread.signal);
  const [{ Watch }, { Visit }] = await Promise.all([import("./news.js"), import("./visits.js")]);
  const watch = new Watch(thread);
  const visit = new Visit(thread, watch);
  const corner = thread.getAttribute("bubble") ?? thread.section?.dataset.bubble;
  if (corner !== "off") await (await import("./bubble.js")).float(thread, watch, visit, corner);
  return visit;
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
    try {
      await (await import("./inline.js")).attend(thread);
    } catch (error) {
      if (!signal.aborted) thread.emit("error", error);
    }
  };
  const seen = new MutationObserver(() => (timer ??= setTimeout(look, 300)));
  signal.addEventListener("abort", () => seen.disconnect());
  seen.observe(document.body, { childList: true, subtree: true });
  look();
}

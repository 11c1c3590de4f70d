// @ts-check
// What is for some readers only: markup that the server has drawn, fetched once and put in as often
// as it is needed, and the sheets for it.
/** @import { CommentThread } from "./comment-thread.js" */

/**
 * Brings sheets of ours that the first view does without, once; gives when they are there.
 * @param {CommentThread} thread @param {string[]} names
 */
export async function dress(thread, ...names) {
  const { root, base } = thread;
  const missing = names
    // A page that holds the thread itself has brought it.
    .filter((name) => name !== "comments" || root !== thread)
    .map((name) => `${base}/static/${name}.css`)
    .filter((href) => !root.querySelector(`link[href="${href}"]`))
    .map((href) => Object.assign(document.createElement("link"), { rel: "stylesheet", href }));
  const first = root.querySelector("link");
  if (first) first.after(...missing);
  else root.prepend(...missing);
  await Promise.all(missing.map((link) => new Promise((done) => (link.onload = link.onerror = done))));
}

/** A sentence of those that only some are told. @param {CommentThread} thread @param {string} name */
export async function sentence(thread, name) {
  return (await piece(thread, "pieces", "data-" + name))?.textContent ?? "";
}

/** By fragment. @type {WeakMap<CommentThread, Map<string, Promise<DocumentFragment>>>} */
const drawn = new WeakMap();

/**
 * A fresh copy of the part of a fragment that carries *mark*; nothing where there is none.
 * @param {CommentThread} thread @param {string} fragment @param {string} mark
 */
export async function piece(thread, fragment, mark) {
  const known = drawn.get(thread) ?? new Map();
  drawn.set(thread, known);
  let pieces = known.get(fragment);
  if (!pieces) {
    pieces = thread.fragment(fragment);
    known.set(fragment, pieces);
    // Asked again the next time.
    pieces.catch(() => known.delete(fragment));
  }
  const found = (await pieces).querySelector(`[${mark}]`);
  return /** @type {HTMLElement} */ (found?.cloneNode(true));
}

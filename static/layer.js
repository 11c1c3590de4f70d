// @ts-check
// The reader's own layer. The thread is the same for everybody; this is laid over it.
/** @import { CommentThread } from "./comment-thread.js" */
import { adopt } from "./sweep.js";

/** Marks votes, own comments and the ones that wait; shows what only some may do. @param {CommentThread} thread */
export function layOver(thread) {
  const { viewer, votes, own, fragments, can } = thread.me;
  for (const id in fragments) if (!thread.find(id)) place(thread, fragments[id]);
  for (const id in votes) drawVote(thread, id, votes[id]);
  for (const id in own) {
    markOwn(thread, article(thread.find(id)));
    drawMenu(thread, id);
  }
  // By now every copy has what this reader wrote last.
  if (Date.now() - Number(thread.recall("wrote")) > 300_000) thread.keep("at:" + thread.key);
  const { section } = thread;
  show(section, "[data-closed]", can?.comment);
  if (viewer?.kind !== "guest" || thread.form?.querySelector("[data-who]")) bring(thread, "signin", "drawWho");
  if (viewer ?? Object.keys(own).length) bring(thread, "own", "standBelow");
  if (can?.moderate) bring(thread, "moderate", "preside");
}

/** @param {CommentThread} thread @param {HTMLElement | undefined} item */
function markOwn({ section }, item) {
  const when = item?.querySelector('[data-do="link"]');
  if (!when || item?.querySelector("[data-you]")) return;
  const mark = Object.assign(document.createElement("span"), { className: "c-label c-you" });
  mark.dataset.you = "";
  mark.textContent = section?.querySelector("[data-texts]")?.getAttribute("data-you") ?? "";
  when.before(mark, "\n");
}

/** Shows in the menu of a comment, where it has been opened, what this reader may do. @param {CommentThread} thread @param {string} id */
export function drawMenu(thread, id) {
  const item = article(thread.find(id));
  const mayChange = Date.parse(thread.me.own[id]?.editable_until) > Date.now();
  show(item, "[data-own]", mayChange);
  show(item, "[data-others]", !mayChange);
}

/** What only some need is loaded for them alone. @param {CommentThread} thread @param {string} room @param {string} act */
async function bring(thread, room, act) {
  try {
    await (await import(`./${room}.js`))[act](thread);
  } catch (error) {
    if (!thread.signal.aborted) thread.emit("error", error);
  }
}

/** @param {Element | null | undefined} item @param {string} marks @param {unknown} shown */
function show(item, marks, shown) {
  for (const mark of /** @type {NodeListOf<HTMLElement>} */ (item?.querySelectorAll(marks) ?? [])) mark.hidden = !shown;
}

/** The comment itself, without its replies. @param {Element | null | undefined} item */
export function article(item) {
  return /** @type {HTMLElement | undefined} */ (item?.querySelector("[data-comment]") ?? undefined);
}

/** Puts a comment that has just come where it belongs; gives its id. @param {CommentThread} thread @param {string} html */
export function place(thread, html) {
  const item = /** @type {HTMLElement} */ (adopt(html, thread.base).querySelector("[data-id]"));
  const { id = "", title = "" } = item.dataset;
  const counts = item.querySelector('[data-do="vote"]');
  put(thread, item);
  // A waiting comment does not count yet.
  const heading = thread.section?.querySelector("[data-heading]");
  if (heading && counts) heading.textContent = title;
  thread.drawTimes();
  return id;
}

/**
 * Puts *item* into the list it belongs to, or its comment in place of the old one; whether there
 * is such a place on this page.
 * @param {CommentThread} thread @param {HTMLElement} item
 */
export function put(thread, item) {
  const { id, parent } = item.dataset;
  show(item, "[data-closed]", thread.me.can?.comment);
  const there = thread.find(id);
  const list = there ? null : listOf(thread, parent);
  if (there) {
    article(there)?.replaceWith(article(item) ?? "");
    for (const name of ["published", "changed"]) {
      if (name in item.dataset) there.dataset[name] = item.dataset[name];
      else delete there.dataset[name];
    }
  } else insert(thread, list, item);
  return Boolean(there ?? list);
}

/** @param {CommentThread} thread @param {Element | null | undefined} list @param {Element} item */
function insert(thread, list, item) {
  if (thread.section?.dataset.sort === "newest") list?.prepend(item);
  // Before the link to more, which will not bring it again.
  else list?.insertBefore(item, list.querySelector(":scope > :not([data-id])"));
}

/** The replies under a comment, or the thread's own list. @param {CommentThread} thread @param {string | undefined} parent */
function listOf(thread, parent) {
  const above = parent ? thread.find(parent) : thread.section;
  const found = above?.querySelector("[data-list]");
  if (found || !parent || !above) return found;
  const replies = document.createElement("div");
  replies.className = "c-replies";
  const list = document.createElement("ol");
  list.className = "c-list";
  list.dataset.list = "";
  replies.append(list);
  above.append(replies);
  return list;
}

/** @param {CommentThread} thread @param {string} id @param {number} value @param {number} [score] */
export function drawVote(thread, id, value, score) {
  const form = article(thread.find(id))?.querySelector('[data-do="vote"]');
  for (const button of form?.querySelectorAll("button") ?? []) {
    button.ariaPressed = String(Number(button.value) === value);
  }
  const shown = form?.querySelector("[data-score]");
  if (shown && score !== undefined) shown.textContent = String(score).replace("-", "−");
}

/** Brings the reader to a comment. @param {CommentThread} thread @param {string | undefined} id */
export function reveal(thread, id) {
  const item = thread.find(id);
  if (!item) return;
  for (let list = item.closest("[data-list]"); list; list = list.parentElement?.closest("[data-list]") ?? null) {
    list.parentElement?.querySelector(':scope > [aria-expanded="false"]')?.setAttribute("aria-expanded", "true");
  }
  thread.root.querySelector("[data-highlight]")?.removeAttribute("data-highlight");
  item.dataset.highlight = "";
  focus(article(item));
  article(item)?.scrollIntoView({ block: "center" });
  // A browser that finishes loading "#comment-7" takes the focus away from what it scrolled to.
  const again = () => setTimeout(() => document.activeElement === document.body && focus(article(item)));
  if (document.readyState !== "complete") thread.hear(window, "load", again);
}

/** @param {HTMLElement | null | undefined} place */
export function focus(place) {
  if (!place) return;
  if (!place.matches("a, button, input, textarea, select, summary")) place.tabIndex = -1;
  place.focus({ preventScroll: true });
}

// @ts-check
// What a reader does with comments that are there. Each action is named by data-do.
/** @import { CommentThread } from "./comment-thread.js" */
import { article, drawMenu, drawVote, focus, layOver, reveal } from "./layer.js";
import { dress, piece } from "./pieces.js";
import { fail, hush, say, words } from "./speech.js";

const UNDO_SECONDS = 8;

/** @type {WeakSet<AbortSignal>} */
const attended = new WeakSet();

// ── looking ──

/** @param {CommentThread} thread */
export function again(thread) {
  return thread.show();
}

/** @param {CommentThread} thread @param {HTMLElement} link */
export async function sort(thread, link) {
  const { sort } = link.dataset;
  thread.keep("sort", sort);
  try {
    await thread.load({ sort });
  } catch (error) {
    return fail(thread, error, link.closest("header") ?? link);
  }
  focus(thread.section?.querySelector('[aria-current="true"]'));
}

/** Comments on passages alone, or everything. @param {CommentThread} thread @param {HTMLElement} link */
export async function only(thread, link) {
  try {
    await thread.load({ only: link.dataset.only });
  } catch (error) {
    return fail(thread, error, link.closest("header") ?? link);
  }
  focus(thread.section?.querySelector('[data-do="only"][aria-current]'));
}

/** To the passage of the article that a comment is about. @param {CommentThread} thread @param {HTMLAnchorElement} link */
export async function passage(thread, link) {
  (await import("./inline.js")).show(thread, link);
}

/** @param {CommentThread} thread @param {HTMLElement} link */
export async function more(thread, link) {
  const { under, after } = link.dataset;
  try {
    const part = await thread.fragment(under ? "replies" : "thread", { id: under, after });
    const items = [...(part.querySelector("section [data-list]") ?? part).children];
    // Somebody may have written meanwhile: nothing is shown twice.
    const fresh = items.filter((item) => !thread.find(item.getAttribute("data-id") ?? undefined));
    link.closest("li")?.replaceWith(...fresh);
    thread.drawTimes();
    layOver(thread);
    await frame();
    say(thread, words(thread, "shown", { number: fresh.filter((item) => item.id).length }));
    focus(article(fresh[0]));
  } catch (error) {
    return fail(thread, error, link.closest("li") ?? link);
  }
}

/** What asks where things stand comes after a frame, which has laid them out anyway. */
function frame() {
  return new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
}

/** The permalink: the address bar of the page now leads here. @param {CommentThread} thread @param {HTMLElement} control */
export function link(thread, control) {
  const { id } = idOf(control);
  const url = new URL(location.href);
  url.searchParams.set("comment", id);
  url.hash = "comment-" + id;
  history.replaceState(history.state, "", url);
  reveal(thread, id);
}

/** @param {CommentThread} thread @param {HTMLElement} control */
export function to(thread, control) {
  reveal(thread, control.dataset.to);
}

/** @param {CommentThread} _thread @param {HTMLElement} button */
export function fold(_thread, button) {
  button.ariaExpanded = String(button.ariaExpanded !== "true");
}

// ── votes ──

/** @param {CommentThread} thread @param {HTMLFormElement} form @param {HTMLButtonElement} button */
export async function vote(thread, form, button) {
  const { id, item } = idOf(form);
  const { votes } = thread.me;
  const before = votes[id] ?? 0;
  const value = before === Number(button.value) ? 0 : Number(button.value);
  const shown = Number(form.querySelector("[data-score]")?.textContent?.replace("−", "-"));
  hush(article(item) ?? item);
  votes[id] = value;
  drawVote(thread, id, value, shown + value - before);
  try {
    const answer = await thread.api("PUT", `comments/${id}/vote`, { value }, { keepalive: true });
    // Another press may be under way; its answer will come.
    if (votes[id] !== value) return;
    drawVote(thread, id, value, answer.score);
    thread.emit("vote", { id: Number(id), value, score: answer.score });
  } catch (error) {
    if (votes[id] === value) {
      votes[id] = before;
      drawVote(thread, id, before, shown);
    }
    fail(thread, error, form);
  }
}

// ── one's own comments ──

/** @param {CommentThread} thread @param {HTMLAnchorElement} link */
export async function edit(thread, link) {
  const { id, item } = idOf(link);
  const source = thread.me.sources[id];
  // Without its source the text cannot be edited here; the page for it can.
  if (source === undefined || !thread.form) return location.assign(link.href);
  const body = /** @type {HTMLElement} */ (item.querySelector("[data-body]"));
  const { openEditor } = await import("./compose.js");
  openEditor(thread, body, source, link.textContent ?? "");
}

/** A deletion waits a moment for an Undo, since the server keeps nothing of it. @param {CommentThread} thread @param {HTMLElement} link */
export async function remove(thread, link) {
  const { id, item } = idOf(link);
  const comment = /** @type {HTMLElement} */ (article(item));
  const note = await piece(thread, "pieces", "data-note");
  // Asked for twice while we waited.
  if (comment.hidden) return;
  const undo = /** @type {HTMLElement} */ (note.querySelector("button"));
  const waiting = new AbortController();
  const { signal } = waiting;
  const back = () => {
    note.remove();
    comment.hidden = false;
  };
  const send = async () => {
    waiting.abort();
    try {
      await thread.api("DELETE", "comments/" + id, undefined, { keepalive: true });
      if (!thread.signal.aborted) gone(thread, id, item);
    } catch (error) {
      back();
      fail(thread, error, comment);
    }
  };
  const timer = setTimeout(send, UNDO_SECONDS * 1000);
  signal.addEventListener("abort", () => clearTimeout(timer));
  addEventListener("pagehide", send, { signal });
  thread.signal.addEventListener("abort", send, { signal });
  undo.addEventListener(
    "click",
    () => {
      waiting.abort();
      back();
      focus(comment);
    },
    { signal },
  );
  comment.hidden = true;
  comment.before(note);
  focus(undo);
  say(thread, note.querySelector("span")?.textContent ?? "");
}

/** Shows what the server shows of a deleted comment now. @param {CommentThread} thread @param {string} id @param {HTMLElement} item */
async function gone(thread, id, item) {
  delete thread.me.own[id];
  thread.emit("delete", { id: Number(id) });
  const next = item.nextElementSibling ?? item.previousElementSibling;
  const hadFocus = item.contains(/** @type {Document | ShadowRoot} */ (item.getRootNode()).activeElement);
  item.querySelector("[data-note] button")?.remove();
  // Without an answer, the note that it was removed stays in its place.
  const [left, page] = await Promise.all([
    thread.fragment("comment", { id }).catch(() => null),
    thread.fragment("thread").catch(() => null),
  ]);
  const tombstone = article(left?.firstElementChild);
  if (tombstone) {
    item.querySelector("[data-note]")?.remove();
    article(item)?.replaceWith(tombstone);
  } else if (!item.querySelector("[data-id]")) item.remove();
  const heading = page?.querySelector("[data-heading]");
  if (heading) thread.section?.querySelector("[data-heading]")?.replaceWith(heading);
  if (hadFocus) focus(tombstone ?? article(next) ?? thread.section);
}

// ── reports ──

/** @param {CommentThread} thread @param {HTMLAnchorElement} link */
export async function report(thread, link) {
  const { item } = idOf(link);
  const form = await piece(thread, "pieces", "data-report-form").catch(() => null);
  // The page for it needs no script.
  if (!form) return location.assign(link.href);
  thread.section?.querySelector("[data-report-form]")?.remove();
  article(item)?.after(form);
  form.querySelector("select")?.focus();
}

/** @param {CommentThread} thread @param {HTMLFormElement} form */
export async function tell(thread, form) {
  const { id, item } = idOf(form);
  hush(form);
  try {
    await thread.api("POST", `comments/${id}/reports`, Object.fromEntries(new FormData(form)));
    const note = await piece(thread, "pieces", "data-reported");
    form.replaceWith(note);
    item.querySelector("[data-others]")?.remove();
    focus(note);
    thread.emit("report", { id: Number(id) });
  } catch (error) {
    fail(thread, error, form);
  }
}

/** @param {CommentThread} _thread @param {HTMLElement} button */
export function untell(_thread, button) {
  const { item } = idOf(button);
  button.closest("form")?.remove();
  focus(item.querySelector("summary"));
}

// ── mail: only those who want it load what it needs ──

/** @param {"subscribe" | "follow" | "unfollow" | "unsubscribe"} name */
const mailed = (name) => async (/** @type {CommentThread} */ thread, /** @type {any} */ control) =>
  (await import("./subscribe.js"))[name](thread, control);

export const subscribe = mailed("subscribe");
export const follow = mailed("follow");
export const unfollow = mailed("unfollow");
export const unsubscribe = mailed("unsubscribe");

// ── menus ──

/** Puts the menu in the place of the link that leads on without a script. @param {CommentThread} thread @param {HTMLAnchorElement} link */
export async function menu(thread, link) {
  const { id, item } = idOf(link);
  const drawn = Promise.all([piece(thread, "pieces", "data-menu"), dress(thread, "menu")]);
  const [menu] = await drawn.catch(() => []);
  if (!menu) return location.assign(link.href);
  // Pressed twice while we waited.
  if (!link.isConnected) return;
  for (const choice of menu.querySelectorAll("a")) choice.href = choice.href.replace("/comment/0/", `/comment/${id}/`);
  const summary = /** @type {HTMLElement} */ (menu.querySelector("summary"));
  summary.ariaLabel = link.ariaLabel;
  // It may be longer than the comment, whose edge would cut it off.
  item.classList.remove("c-far");
  link.replaceWith(menu);
  drawMenu(thread, id);
  /** @type {HTMLDetailsElement} */ (menu).open = true;
  focus(summary);
}

/** Closes open menus when the reader turns elsewhere, and leads from an @name to its comment. @param {CommentThread} thread */
export function attend(thread) {
  if (attended.has(thread.signal)) return;
  attended.add(thread.signal);
  thread.hear(document, "click", (event) => closeMenus(thread, event.composedPath(), false));
  thread.hear(thread.root, "keydown", (event) => event.key === "Escape" && closeMenus(thread, [], true));
  thread.hear(thread.root, "keydown", press);
  thread.hear(thread.root, "click", (event) => meet(thread, event));
}

/** A link that is a button here answers to the space bar too. @param {KeyboardEvent} event */
function press(event) {
  const { key, target } = event;
  if (key !== " " || !(target instanceof HTMLElement) || !target.matches('a[role="button"]')) return;
  event.preventDefault();
  target.click();
}

/** Of the links in a text, those alone that the server made have no rel. @param {CommentThread} thread @param {MouseEvent} event */
function meet(thread, event) {
  const name = /** @type {Element} */ (event.target).closest("[data-body] a:not([rel])");
  const [, id] = /#comment-(\d+)$/.exec(name?.getAttribute("href") ?? "") ?? [];
  // One that is not on this page is opened by its address.
  if (!thread.find(id) || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  reveal(thread, id);
}

/** @param {CommentThread} thread @param {EventTarget[]} path @param {boolean} back whether the focus goes back */
function closeMenus(thread, path, back) {
  for (const menu of thread.root.querySelectorAll("details")) {
    const chosen = path.some((target) => target instanceof HTMLAnchorElement);
    if (!menu.open || (path.includes(menu) && !chosen)) continue;
    menu.open = false;
    if (back) menu.querySelector("summary")?.focus();
  }
}

/** @param {Element} control */
function idOf(control) {
  const item = /** @type {HTMLElement} */ (control.closest("[data-id]"));
  return { item, id: item.dataset.id ?? "" };
}

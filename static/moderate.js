// @ts-check
// A moderator's own layer over the thread: what waits, in its place, and the decisions under each comment.
/** @import { CommentThread } from "./comment-thread.js" */
/** @import { DecidedJson, Waiting } from "./types" */
import { article, focus, place } from "./layer.js";
import { dress } from "./pieces.js";
import { fail, hush, say } from "./speech.js";

/** Where each decision leads. @type {Record<string, string>} */
const LEADS = { approve: "published", spam: "spam", reject: "rejected", delete: "deleted" };

/** @param {CommentThread} thread */
export async function preside(thread) {
  const query = new URLSearchParams({ thread: thread.key, lang: thread.language, fragment: "" });
  /** @type {[Waiting, void]} */
  const [waiting] = await Promise.all([thread.api("GET", "waiting?" + query), dress(thread, "desk")]);
  const { section } = thread;
  if (thread.signal.aborted || !section) return;
  for (const id in waiting.fragments) if (!thread.find(id)) place(thread, waiting.fragments[id]);
  const desk = { thread, ...waiting };
  const lay = () => {
    for (const item of section.querySelectorAll("[data-id]")) furnish(desk, /** @type {HTMLElement} */ (item));
  };
  lay();
  // Comments come later too: more of a list, replies, one's own.
  const watch = new MutationObserver(lay);
  watch.observe(section, { childList: true, subtree: true });
  thread.signal.addEventListener("abort", () => watch.disconnect());
}

/** @typedef {Waiting & { thread: CommentThread }} Desk */

/** Puts the buttons under a comment that has none. @param {Desk} desk @param {HTMLElement} item */
function furnish(desk, item) {
  const comment = article(item);
  if (!comment || comment.querySelector("[data-moderate]") || !comment.querySelector("[data-do=menu], [data-menu]")) return;
  const { id = "", parent } = item.dataset;
  const state = id in desk.versions ? "pending" : "published";
  const pin = comment.matches("[data-pinned]") ? "unpin" : "pin";
  const acts = state === "pending" ? ["approve"] : parent ? [] : [pin];
  const bar = document.createElement("div");
  bar.className = "c-desk";
  bar.role = "group";
  bar.ariaLabel = desk.words.label;
  bar.dataset.moderate = "";
  for (const act of [...acts, "spam", "reject", "delete"]) {
    const button = document.createElement("button");
    button.textContent = desk.words[act];
    button.addEventListener("click", () => decide(desk, item, act, state));
    bar.append(button);
  }
  bar.append(banLink(desk, id));
  comment.append(bar);
}

/** @param {Desk} desk @param {string} id */
function banLink({ thread, words }, id) {
  const link = document.createElement("a");
  link.href = `${thread.base}/admin/comment/${id}/author`;
  link.target = "_blank";
  link.rel = "noopener";
  link.textContent = words.ban;
  return link;
}

/** @param {Desk} desk @param {HTMLElement} item @param {string} act @param {string} state */
async function decide(desk, item, act, state) {
  const { thread, versions, words } = desk;
  const { id = "" } = item.dataset;
  const comment = /** @type {HTMLElement} */ (article(item));
  const pins = act === "pin" || act === "unpin";
  hush(comment);
  comment.ariaBusy = "true";
  try {
    const wish = pins ? { pinned: act === "pin" } : { status: LEADS[act], expected: state, version: versions[id] };
    const path = `comments/${id}/${pins ? "pin" : "status"}?fragment&lang=${thread.language}`;
    /** @type {DecidedJson} */
    const answer = await thread.api("PUT", path, wish);
    delete versions[id];
    thread.emit("moderate", { id: Number(id), act });
    say(thread, words.decided);
    if (answer.status === "published") focus(article(thread.find(place(thread, answer.fragment))));
    else takeAway(desk, comment, words[act], answer, state === "pending" ? id : "");
  } catch (error) {
    fail(thread, error, comment);
  } finally {
    comment.ariaBusy = null;
  }
}

/**
 * A line in the comment's place, with the way back.
 * @param {Desk} desk @param {HTMLElement} comment @param {string} word @param {DecidedJson} answer
 * @param {string} waited its id, when it waited
 */
function takeAway({ thread, versions, words }, comment, word, { batch, version }, waited) {
  const note = document.createElement("p");
  note.className = "c-note";
  note.dataset.note = "";
  const undo = document.createElement("button");
  undo.className = "c-button";
  undo.textContent = words.undo;
  undo.addEventListener("click", async () => {
    try {
      await thread.api("POST", "undo", { batch });
      if (waited) versions[waited] = version;
      note.remove();
      comment.hidden = false;
      focus(comment);
    } catch (error) {
      fail(thread, error, note);
    }
  });
  note.append(word + " · ", undo);
  comment.hidden = true;
  comment.before(note);
  focus(undo);
}

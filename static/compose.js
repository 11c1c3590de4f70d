// @ts-check
// Writing: the one form that moves to where it is needed, its draft, and the editor.
/** @import { CommentThread } from "./comment-thread.js" */
/** @import { Draft, KeptDraft, Problem, Words } from "./types" */
import { adopt } from "./sweep.js";
import { article, focus, layOver, place, reveal } from "./layer.js";
import { sentence } from "./pieces.js";
import { fail, hush, say, words } from "./speech.js";

/** Characters left from which the reader is told. */
const NEAR_THE_END = 500;
const REMEMBERED = ["name", "website", "email"];

/** @type {WeakSet<HTMLFormElement>} */
const awake = new WeakSet();

/** Opens the form and gives it back what was written before. @param {CommentThread} thread @param {HTMLFormElement} form */
export function wake(thread, form) {
  if (awake.has(form)) return;
  awake.add(form);
  introduce(thread, form);
  // Somebody may have begun before this module was here.
  if (textOf(form).value) countDown(thread, form);
  else bringBack(thread, form);
  form.addEventListener("input", () => countDown(thread, form));
  if (works(thread, form)) import("./work.js").then(({ begin }) => begin(thread), () => {});
  if (thread.section?.querySelector("[data-do=subscribe]")) import("./subscribe.js").then(({ offer }) => offer(thread, form), () => {});
}

/** Fills in what this browser remembers of its reader. @param {CommentThread} thread @param {HTMLFormElement} form */
export function introduce(thread, form) {
  for (const name of REMEMBERED) {
    const field = fieldOf(form, name);
    if (field && !field.value) field.value = thread.recall(name) ?? "";
  }
}

/** Whether a comment from here needs the small sum: a guest's does. @param {CommentThread} thread @param {HTMLFormElement} form */
function works(thread, form) {
  return "work" in form.dataset && (thread.me.viewer?.kind ?? "guest") === "guest";
}

// ── drafts ──

/** @param {CommentThread} thread @param {HTMLFormElement} form @returns {KeptDraft} */
function kept(thread, form) {
  return JSON.parse(thread.recall(thread.draftName(form)) ?? "{}");
}

/** @param {CommentThread} thread @param {HTMLFormElement} form */
function bringBack(thread, form) {
  textOf(form).value = kept(thread, form).body ?? "";
  countDown(thread, form);
}

/** @param {CommentThread} thread @param {HTMLFormElement} form */
function countDown(thread, form) {
  const text = textOf(form);
  const number = text.maxLength - text.value.length;
  const old = form.querySelector("[data-left]");
  if (number > NEAR_THE_END) return old?.remove();
  const hint = /** @type {HTMLElement} */ (old ?? document.createElement("p"));
  hint.className = "c-hint";
  hint.dataset.left = "";
  hint.textContent = words(thread, "left", { number });
  text.after(hint);
}

// ── answering ──

/** @param {CommentThread} thread @param {HTMLElement} link */
export function reply(thread, link) {
  const { form } = thread;
  const item = /** @type {HTMLElement | null} */ (link.closest("[data-id]"));
  if (!form || !item) return;
  wake(thread, form);
  form.dataset.open = "";
  setParent(thread, form, item.dataset.id ?? "", link.textContent ?? "");
  article(item)?.after(form);
  form.scrollIntoView({ block: "nearest" });
  textOf(form).focus();
}

/** @param {CommentThread} thread @param {HTMLElement} button */
export function cancel(thread, button) {
  const form = /** @type {HTMLFormElement} */ (button.closest("form"));
  const item = form.closest("[data-id]");
  goHome(thread, form);
  focus(item?.querySelector('[data-do="reply"]'));
}

/** Back above the list. @param {CommentThread} thread @param {HTMLFormElement} form */
function goHome(thread, form) {
  setParent(thread, form, "", "");
  thread.section?.querySelector("[data-list]")?.before(form);
  form.toggleAttribute("data-open", Boolean(textOf(form).value));
}

/** @param {CommentThread} thread @param {HTMLFormElement} form @param {string} parent @param {string} title */
function setParent(thread, form, parent, title) {
  const field = fieldOf(form, "parent");
  if (field) field.value = parent;
  setHead(form, title);
  hush(form);
  form.querySelector("[data-shown]")?.remove();
  form.dispatchEvent(new Event("moved"));
  bringBack(thread, form);
}

/** @param {HTMLFormElement} form @param {string} title none hides the line */
function setHead(form, title) {
  const head = /** @type {HTMLElement} */ (form.querySelector("[data-reply-head]"));
  head.hidden = !title;
  const shown = head.querySelector("[data-reply-title]");
  if (shown) shown.textContent = title;
}

// ── sending ──

/** @param {CommentThread} thread @param {HTMLFormElement} form */
export async function post(thread, form) {
  const answer = await send(thread, form, read(thread, form));
  if (!answer) return;
  goHome(thread, form);
  show(thread, answer.fragment, words(thread, outcome(answer)));
  thread.emit("post", answer);
}

/** The name of the sentence that tells what became of it. @param {{ state: string }} answer */
export function outcome({ state }) {
  return /** @type {Words} */ (state === "pending" ? "waiting" : state);
}

/**
 * Sends a comment; gives the answer, or nothing when it was not sent and the form says why.
 * @param {CommentThread} thread @param {HTMLFormElement} form @param {Draft} draft
 */
export async function send(thread, form, draft) {
  if (form.ariaBusy === "true" || !thread.emit("before-post", draft)) return;
  hush(form);
  form.ariaBusy = "true";
  const name = thread.draftName(form);
  const query = new URLSearchParams({ fragment: "", lang: thread.language, sort: thread.section?.dataset.sort ?? "" });
  const sum = works(thread, form) ? await import("./work.js").catch(() => null) : null;
  try {
    draft.work = await sum?.work(thread);
    const headers = { "Idempotency-Key": keyOf(thread, form) };
    const answer = await thread.api("POST", "comments?" + query, draft, { headers });
    thread.keep(name);
    remember(thread, form);
    const { id } = answer.comment;
    thread.me.own[id] = { editable_until: answer.editable_until };
    thread.me.sources[id] = draft.body;
    sum?.spent(thread);
    form.dispatchEvent(new CustomEvent("sent", { detail: draft }));
    return answer;
  } catch (error) {
    // What was refused has used nothing up; what got no answer may have.
    if (!(/** @type {Problem} */ (error).status)) sum?.spent(thread);
    complain(thread, form, error);
  } finally {
    form.ariaBusy = null;
  }
}

/** A form that asks for the name alone leaves the rest as it was. @param {CommentThread} thread @param {HTMLFormElement} form */
function remember(thread, form) {
  for (const name of REMEMBERED) {
    const field = fieldOf(form, name);
    if (field) thread.keep(name, field.value);
  }
}

/** What is written in a form; what it does not ask stands in the thread's own. @param {CommentThread} thread @param {HTMLFormElement} form @returns {Draft} */
export function read(thread, form) {
  const both = [thread.form, form].flatMap((it) => (it ? [...new FormData(it)] : []));
  const { body, name, email, website, subject, parent, key, url, title } = /** @type {Record<string, string>} */ (
    Object.fromEntries(both)
  );
  return {
    thread: {
      key,
      url: thread.getAttribute("url") ?? (url || pageAddress()),
      title: thread.getAttribute("title") ?? (title || document.title),
    },
    parent: Number(parent) || null,
    body,
    name,
    email,
    website,
    subject: subject || undefined,
    // What is mailed is asked by each form for itself.
    notify: /** @type {string | null} */ (new FormData(form).get("notify")) || undefined,
  };
}

/** The article's address: its canonical one, or this page's without the way to a comment. */
function pageAddress() {
  const canonical = /** @type {HTMLLinkElement | null} */ (document.querySelector('link[rel="canonical"]'));
  if (canonical) return canonical.href;
  const url = new URL(location.href);
  url.searchParams.delete("comment");
  url.hash = "";
  return url.href;
}

/**
 * The same text sent again, after a reload too, is the same comment; a changed text is not:
 * typing forgets the key.
 * @param {CommentThread} thread @param {HTMLFormElement} form
 */
function keyOf(thread, form) {
  const { key = crypto.getRandomValues(new Uint32Array(4)).join("-") } = kept(thread, form);
  thread.keep(thread.draftName(form), JSON.stringify({ body: textOf(form).value, key }));
  return key;
}

/** @param {CommentThread} thread @param {string} html @param {string} sentence */
function show(thread, html, sentence) {
  const id = place(thread, html);
  layOver(thread);
  reveal(thread, id);
  say(thread, sentence);
}

/** Says what is wrong, beside each field that is. The text stays. @param {CommentThread} thread @param {HTMLFormElement} form @param {unknown} error */
function complain(thread, form, error) {
  const { errors = {} } = /** @type {Problem} */ (error);
  const wrong = Object.keys(errors).filter((name) => fieldOf(form, name));
  if (!wrong.length) return fail(thread, error, form);
  thread.emit("error", error);
  for (const name of wrong) mark(form, name, errors[name]);
  fieldOf(form, wrong[0])?.focus();
}

/** @param {HTMLFormElement} form @param {string} name @param {string} sentence */
function mark(form, name, sentence) {
  const field = /** @type {HTMLInputElement} */ (fieldOf(form, name));
  const note = document.createElement("span");
  note.className = "c-error";
  note.dataset.trouble = "";
  note.id = `c-error-${name}-${fieldOf(form, "parent")?.value}`;
  note.textContent = sentence;
  field.ariaInvalid = "true";
  field.setAttribute("aria-describedby", note.id);
  (field.closest("label") ?? field).after(note);
}

/** @param {CommentThread} thread @param {HTMLElement} button */
export async function preview(thread, button) {
  const form = /** @type {HTMLFormElement} */ (button.closest("form"));
  hush(form);
  try {
    const { html } = await thread.api("POST", "preview", { body: textOf(form).value });
    form.querySelector("[data-shown]")?.remove();
    const frame = document.createElement("div");
    frame.className = "c-preview";
    frame.dataset.shown = "";
    frame.role = "region";
    frame.ariaLabel = button.textContent;
    frame.append(adopt(`<div class="c-body" dir="auto" data-body>${html}</div>`, thread.base));
    form.querySelector("[data-bar]")?.before(frame);
    focus(frame);
  } catch (error) {
    complain(thread, form, error);
  }
}

// ── editing ──

/** The form once more, for the text of one's own comment. @param {CommentThread} thread @param {HTMLElement} body @param {string} source @param {string} title */
export function openEditor(thread, body, source, title) {
  const form = /** @type {HTMLFormElement} */ (thread.form?.cloneNode(true));
  form.dataset.do = "save";
  form.ariaLabel = title;
  form.dataset.open = "";
  form.hidden = false;
  delete form.dataset.closed;
  hush(form);
  for (const part of form.querySelectorAll("[data-guest], [data-who], [data-notify], [data-do=preview], [data-left], [data-shown]")) part.remove();
  setHead(form, title);
  /** @type {HTMLElement} */ (form.querySelector("[data-do=cancel]")).dataset.do = "close";
  /** @type {HTMLElement} */ (form.querySelector("[data-send]")).textContent = words(thread, "save");
  textOf(form).value = source;
  body.hidden = true;
  body.after(form);
  textOf(form).focus();
}

/** @param {CommentThread} _thread @param {HTMLElement} button */
export function close(_thread, button) {
  const form = /** @type {HTMLFormElement} */ (button.closest("form"));
  const comment = form.closest("[data-comment]");
  /** @type {HTMLElement} */ (form.previousElementSibling).hidden = false;
  form.remove();
  focus(comment?.querySelector("summary"));
}

/** @param {CommentThread} thread @param {HTMLFormElement} form */
export async function save(thread, form) {
  if (form.ariaBusy === "true") return;
  const id = form.closest("[data-id]")?.getAttribute("data-id") ?? "";
  const body = textOf(form).value;
  hush(form);
  form.ariaBusy = "true";
  try {
    const query = new URLSearchParams({ fragment: "", lang: thread.language });
    const answer = await thread.api("PATCH", `comments/${id}?${query}`, { body });
    thread.me.sources[id] = body;
    show(thread, answer.fragment, await sentence(thread, "saved"));
    thread.emit("edit", answer);
  } catch (error) {
    complain(thread, form, error);
  } finally {
    form.ariaBusy = null;
  }
}

/** @param {HTMLFormElement} form */
function textOf(form) {
  return /** @type {HTMLTextAreaElement} */ (fieldOf(form, "body"));
}

/** @param {HTMLFormElement} form @param {string} name */
function fieldOf(form, name) {
  return /** @type {HTMLInputElement | HTMLTextAreaElement | null} */ (form.elements.namedItem(name));
}

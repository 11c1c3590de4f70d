// @ts-check
// For readers who want mail: a row in the form, and a form of its own below the discussion.
/** @import { CommentThread } from "./comment-thread.js" */
/** @import { Draft, Problem } from "./types" */
import { focus } from "./layer.js";
import { dress, piece } from "./pieces.js";
import { fail, hush } from "./speech.js";

/** @type {WeakSet<HTMLFormElement>} */
const offered = new WeakSet();

/** @param {CommentThread} thread @param {string} name */
async function pieceOf(thread, name) {
  const [found] = await Promise.all([piece(thread, "subscribe", name), dress(thread, "subscribe")]);
  return found;
}

/** @param {CommentThread} thread */
function isOn(thread) {
  return (thread.me.notify ?? "none") !== "none";
}

// ── with a comment ──

/** Puts into the form for a comment what its writer may be mailed. @param {CommentThread} thread @param {HTMLFormElement} form */
export async function offer(thread, form) {
  if (offered.has(form) || isOn(thread) || !hasAddress(thread, form)) return;
  offered.add(form);
  // The form stands without it.
  const row = await pieceOf(thread, "data-notify").catch(() => null);
  if (!row) return void offered.delete(form);
  // The row of a form that stood open without a script.
  form.querySelector("[data-notify]")?.remove();
  form.querySelector("[data-bar]")?.after(row);
  const fit = () => choose(form, row);
  form.addEventListener("moved", fit);
  row.addEventListener("change", fit);
  fit();
  form.addEventListener("sent", async (event) => {
    const { notify } = /** @type {CustomEvent<Draft>} */ (event).detail;
    if (!notify) return;
    // Beside a passage a fresh form is drawn meanwhile; the note stands below what is drawn.
    const drawn = form.closest("[data-about]")?.parentElement;
    await thread.meet();
    if (isOn(thread)) row.remove();
    tell(await noteFor(thread, notify), (note) => (drawn ? drawn.append(note) : form.after(note)));
  });
}

/** The short form beside a passage asks a guest for no address: it offers mail where one is known. @param {CommentThread} thread @param {HTMLFormElement} form */
function hasAddress(thread, form) {
  const isGuest = (thread.me.viewer?.kind ?? "guest") === "guest";
  return !isGuest || form.elements.namedItem("email") || (thread.form && valueOf(thread.form, "email"));
}

/** A reply is asked about itself, a comment about the thread; mail needs an address. @param {HTMLFormElement} form @param {HTMLElement} row */
function choose(form, row) {
  const [forThread, forReply] = /** @type {HTMLElement[]} */ ([...row.children]);
  const isReply = Boolean(valueOf(form, "parent"));
  forThread.hidden = isReply;
  forReply.hidden = !isReply;
  const select = /** @type {HTMLSelectElement} */ (forThread.querySelector("select"));
  const tick = /** @type {HTMLInputElement} */ (forReply.querySelector("input"));
  select.disabled = isReply;
  tick.disabled = !isReply;
  const email = /** @type {HTMLInputElement | null} */ (form.elements.namedItem("email"));
  if (email) email.required = isReply ? tick.checked : Boolean(select.value);
}

// ── on its own ──

/** @param {CommentThread} thread @param {HTMLAnchorElement} link */
export async function subscribe(thread, link) {
  const place = /** @type {HTMLElement} */ (link.closest("p"));
  const open = /** @type {HTMLElement | null | undefined} */ (thread.section?.querySelector("[data-do=follow], [data-notify-on]"));
  if (open) return focus(open.querySelector("input, button"));
  try {
    // A quick press comes before it is known who is reading.
    if (!thread.me.viewer) await thread.meet();
    const shown = isOn(thread) ? await noteFor(thread, thread.me.notify) : await ownForm(thread);
    place.after(shown);
    focus(shown.querySelector("input, button"));
    shown.scrollIntoView({ block: "nearest" });
  } catch {
    // The page for it needs no script.
    location.assign(link.href);
  }
}

/** @param {CommentThread} thread */
async function ownForm(thread) {
  const form = await pieceOf(thread, 'data-do="follow"');
  const email = /** @type {HTMLInputElement} */ (form.querySelector("[name=email]"));
  email.value = thread.recall("email") ?? "";
  // The server may know the address of who is signed in.
  email.required = (thread.me.viewer?.kind ?? "guest") === "guest";
  return form;
}

/** @param {CommentThread} thread @param {HTMLFormElement} form */
export async function follow(thread, form) {
  const email = valueOf(form, "email");
  const notify = valueOf(form, "notify");
  await order(thread, form, { email: email || null, notify }, async () => {
    thread.keep("email", email || undefined);
    await thread.meet();
    return noteFor(thread, notify);
  });
}

/** @param {CommentThread} thread @param {HTMLElement} button */
export function unfollow(thread, button) {
  button.closest("form")?.remove();
  focus(/** @type {HTMLElement | null | undefined} */ (thread.section?.querySelector("[data-do=subscribe]")));
}

/** @param {CommentThread} thread @param {HTMLElement} button */
export async function unsubscribe(thread, button) {
  const note = /** @type {HTMLElement} */ (button.closest("[data-notify-on]"));
  await order(thread, note, { notify: "none" }, async () => {
    thread.me.notify = "none";
    return pieceOf(thread, "data-notify-off");
  });
}

/** @param {CommentThread} thread @param {HTMLElement} place @param {Record<string, unknown>} fields @param {() => Promise<HTMLElement>} told */
async function order(thread, place, fields, told) {
  if (place.ariaBusy === "true") return;
  hush(place);
  place.ariaBusy = "true";
  try {
    const query = new URLSearchParams({ lang: thread.language });
    await thread.api("PUT", "subscriptions?" + query, { thread: thread.key, ...fields });
    tell(await told(), (note) => place.replaceWith(note));
  } catch (error) {
    const problem = /** @type {Problem} */ (error);
    const wrong = Object.values(problem.errors ?? {});
    fail(thread, wrong.length ? Object.assign(problem, { detail: wrong.join(" ") }) : problem, place);
  } finally {
    place.ariaBusy = null;
  }
}

// ── what is said ──

/** That mail comes, or that a mail asks first. @param {CommentThread} thread @param {string | undefined} wanted */
async function noteFor(thread, wanted) {
  if (thread.me.notify !== wanted || !isOn(thread)) return pieceOf(thread, "data-notify-sent");
  const note = await pieceOf(thread, "data-notify-on");
  note.querySelector(wanted === "all" ? "[data-replies]" : "[data-all]")?.remove();
  return note;
}

/** @param {HTMLElement} note @param {(note: HTMLElement) => void} put */
function tell(note, put) {
  put(note);
  focus(note);
}

/** @param {HTMLFormElement} form @param {string} name */
function valueOf(form, name) {
  return String(new FormData(form).get(name) ?? "");
}

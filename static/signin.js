// @ts-check
// Who is reading: told by the site around (a JWT), or signed in with us in a window of our own.
/** @import { CommentThread } from "./comment-thread.js" */
/** @import { Problem } from "./types" */
import { focus } from "./layer.js";
import { piece, sentence } from "./pieces.js";
import { fail, say } from "./speech.js";

/** A token that ends within so many seconds is not worth sending. */
const SOON = 20;
/** What members' tokens begin with, and no other. */
const MEMBER = "m~";
/** How often a window is looked at, in milliseconds: it tells nobody that it was closed. */
const LOOK = 500;
/** How the address of our page begins that somebody comes back to from signing in. */
const BACK = "#comments-window=";

/** What each thread's site said of its reader. @type {WeakMap<CommentThread, { given: string, token: Promise<string> }>} */
const told = new WeakMap();

// ── the site's own reader ──

/** The site's token for its reader, a fresh one where it is about to end; "" for nobody. @param {CommentThread} thread */
export async function siteToken(thread) {
  const given = thread.getAttribute("sso") ?? "";
  const before = told.get(thread);
  if (before?.given !== given) return note(thread, given || fresh(thread));
  const token = await before.token;
  return token && endsSoon(token) && thread.hasAttribute("sso-url") ? note(thread, fresh(thread)) : token;
}

/** @param {CommentThread} thread @param {string | Promise<string>} token */
function note(thread, token) {
  const promise = Promise.resolve(token);
  told.set(thread, { given: thread.getAttribute("sso") ?? "", token: promise });
  // A site that cannot be reached now may be asked again.
  promise.catch(() => told.delete(thread));
  return promise;
}

/** Asks the site, which knows its reader by its own cookie; the address has to be its own. @param {CommentThread} thread */
async function fresh(thread) {
  const address = thread.getAttribute("sso-url");
  if (!address) return "";
  const url = new URL(address, document.baseURI);
  if (url.origin !== location.origin) throw new Error("sso-url is of another origin: " + url.origin);
  const response = await fetch(url, { credentials: "same-origin", cache: "no-store", signal: thread.signal });
  if (response.status === 204 || [401, 403, 404].includes(response.status)) return "";
  if (!response.ok) throw Object.assign(new Error(), { status: response.status });
  const text = (await response.text()).trim();
  return text.startsWith("{") ? String(JSON.parse(text).token ?? "") : text;
}

/** @param {string} token */
function endsSoon(token) {
  try {
    const claims = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    return JSON.parse(atob(claims)).exp - Date.now() / 1000 < SOON;
  } catch {
    return false; // The server says what is wrong with it.
  }
}

/**
 * A token was refused. Whether there is another way to ask the same; a reader who was signed in does
 * not go on under another name.
 * @param {CommentThread} thread @param {string} token @param {string} method @param {boolean | undefined} again @param {Problem} problem
 */
export async function refused(thread, token, method, again, problem) {
  const site = told.get(thread);
  if (site && (await site.token) === token) {
    if (await note(thread, again ? "" : fresh(thread))) return true;
  } else if (thread.recall("token") === token) thread.keep("token");
  if (method === "GET" || (thread.me.viewer?.kind ?? "guest") === "guest") return true;
  problem.detail = await sentence(thread, "ended");
  forget(thread);
  return false;
}

// ── the line above the button ──

/** Shows in the form who is writing. @param {CommentThread} thread */
export async function drawWho(thread, form = thread.form) {
  const fields = /** @type {HTMLElement | null} */ (form?.querySelector("[data-guest]") ?? null);
  if (!fields) return;
  const { viewer } = thread.me;
  const isGuest = (viewer?.kind ?? "guest") === "guest";
  fields.hidden = !isGuest;
  // A field that is hidden and required would keep the form from being sent.
  for (const field of fields.querySelectorAll("input")) field.disabled = !isGuest;
  const line = isGuest ? null : await piece(thread, "pieces", "data-who");
  if (thread.me.viewer !== viewer) return;
  fields.parentElement?.querySelector("[data-who]")?.remove();
  if (!line) return;
  const name = /** @type {HTMLElement} */ (line.querySelector("[data-as]"));
  name.textContent = (name.textContent ?? "").replace("{name}", () => viewer?.name ?? "");
  if (!thread.me.can?.sign_out) line.querySelector("[data-out]")?.remove();
  fields.after(line);
}

/** Nobody is signed in here any more. @param {CommentThread} thread */
function forget(thread) {
  thread.me = { viewer: null, votes: {}, own: {}, sources: {} };
  drawWho(thread);
}

// ── with us ──

/** @param {CommentThread} thread @param {HTMLAnchorElement} link */
export function signIn(thread, link) {
  if (!thread.isForeign) return location.assign(link.href);
  const nonce = crypto.getRandomValues(new Uint32Array(4)).join("-");
  const url = new URL(link.href);
  url.searchParams.set("origin", location.origin);
  // It comes back with the token: who did not set out here is signed in by nobody's link.
  url.searchParams.set("back", location.href.replace(/#.*/, "") + BACK + nonce);
  thread.keep("window", nonce);
  const opened = open(url, "comments-sign-in", "popup,width=520,height=680");
  if (!opened) return location.assign(url);
  listen(thread, opened, nonce, link);
}

/** Until the window answers or is closed. @param {CommentThread} thread @param {Window} opened @param {string} nonce @param {HTMLElement} link */
function listen(thread, opened, nonce, link) {
  const over = new AbortController();
  const { signal } = over;
  thread.signal.addEventListener("abort", () => over.abort(), { signal });
  const { origin } = new URL(thread.base);
  addEventListener(
    "message",
    ({ source, origin: from, data }) => {
      if (source !== opened || from !== origin || data?.window !== nonce || !isToken(data.token)) return;
      over.abort();
      thread.keep("window");
      opened.close();
      take(thread, data.token);
    },
    { signal },
  );
  // A page that is cut off from its windows hears of it when the window comes back to this site.
  const name = `comments:${thread.base}:token`;
  addEventListener("storage", ({ key, newValue }) => key === name && isToken(newValue) && thread.meet(), { signal });
  const look = setInterval(() => {
    if (!opened.closed) return;
    clearInterval(look);
    if (document.hasFocus()) focus(link);
  }, LOOK);
  signal.addEventListener("abort", () => clearInterval(look));
}

/** @param {unknown} token */
function isToken(token) {
  return typeof token === "string" && token.startsWith(MEMBER);
}

/** The reader is back from signing in, in this very window, or from a mail: once, and only who set out here. @param {CommentThread} thread */
export async function takeFromAddress(thread) {
  const brought = new URLSearchParams(location.hash.slice(1));
  history.replaceState(history.state, "", location.pathname + location.search);
  const link = brought.get("comments-verify");
  if (link) return showAddress(thread, link);
  const nonce = thread.recall("window");
  thread.keep("window");
  const token = brought.get("comments-token") ?? "";
  if (!nonce || brought.get("comments-window") !== nonce || !isToken(token)) return;
  await take(thread, token);
}

/** The address is of whoever wrote here; the server asks for the token of that guest. @param {CommentThread} thread @param {string} link */
async function showAddress(thread, link) {
  try {
    await thread.api("POST", "verifications", { link });
  } catch (error) {
    focusText(thread); // What is below it is folded away until then.
    return fail(thread, error, thread.form ?? /** @type {HTMLElement} */ (thread.section));
  }
  await thread.load({});
  say(thread, await sentence(thread, "verified"));
}

/** Keeps the token in place of the guest's, whose comments become the member's. @param {CommentThread} thread @param {string} token */
async function take(thread, token) {
  const guest = thread.recall("token");
  thread.keep("token", token);
  try {
    if (guest && !isToken(guest)) await thread.api("POST", "claims", { guest });
  } catch (error) {
    thread.emit("error", error);
  }
  await thread.meet();
  focusText(thread);
}

/** @param {CommentThread} thread */
function focusText(thread) {
  focus(/** @type {HTMLElement | null} */ (thread.form?.querySelector("textarea")));
}

/** @param {CommentThread} thread */
export async function signOut(thread) {
  try {
    await thread.api("DELETE", "sign-in");
  } catch (error) {
    // What could not be ended there is at least forgotten here.
    thread.emit("error", error);
  }
  thread.keep("token");
  forget(thread);
  await thread.load({});
  focusText(thread);
}

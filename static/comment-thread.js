// @ts-check
/** @import { Me } from "./types" */
import { adopt } from "./sweep.js";

/** How the page's address begins when its reader is back from signing in. */
const RETURN = /^#comments-(window|verify)=/;

/** What only some readers need. @type {typeof import("./api.js") | undefined} */
let api;

/** Where storage is full or forbidden, the page remembers until it is left. @type {Record<string, string | undefined>} */
const memory = {};

/**
 * A thread of comments; one that stands inside already is taken over where it is.
 * Attributes and events: docs/embed.md.
 */
export class CommentThread extends HTMLElement {
  static observedAttributes = ["thread", "base", "lang", "sort", "sso"];

  /** @type {HTMLElement | null} */ section = null;
  /** @type {HTMLElement | ShadowRoot} */ root = this;
  /** @type {Me} */ me = { viewer: null, votes: {}, own: {}, sources: {} };
  #life = new AbortController();
  #stirred = false;

  connectedCallback() {
    this.#life = new AbortController();
    const start = () => this.#start();
    // A parser that is still at work has not put our children in yet.
    if (document.readyState === "loading") this.hear(document, "DOMContentLoaded", start);
    else start();
  }

  disconnectedCallback() {
    this.#life.abort();
  }

  /** @param {string} name @param {string | null} before @param {string | null} now */
  attributeChangedCallback(name, before, now) {
    // Somebody signed in or out in the page around: the thread stays as it is.
    if (name === "sso") return this.section?.dataset.live === "" && this.meet();
    if (before === null || before === now || !this.isConnected) return;
    this.disconnectedCallback();
    this.connectedCallback();
  }

  get key() {
    return this.getAttribute("thread") ?? "";
  }

  get base() {
    const base = this.getAttribute("base") ?? new URL("..", import.meta.url);
    return new URL(base, document.baseURI).href.replace(/\/$/, "");
  }

  get language() {
    return this.lang || document.documentElement.lang;
  }

  /** Aborted when the element leaves the page. */
  get signal() {
    return this.#life.signal;
  }

  get form() {
    return /** @type {HTMLFormElement | null} */ (this.root.querySelector('[data-do="post"]'));
  }

  /** @param {string | undefined} id */
  find(id) {
    return /** @type {HTMLElement | null} */ (this.root.querySelector(`[data-id="${id}"]`));
  }

  /** @param {EventTarget} target @param {string} type @param {(event: any) => unknown} act */
  hear(target, type, act) {
    target.addEventListener(type, act, { signal: this.signal });
  }

  /** @param {string} name @param {unknown} detail */
  emit(name, detail) {
    const more = { detail, bubbles: true, composed: true, cancelable: true };
    return this.dispatchEvent(new CustomEvent("comments:" + name, more));
  }

  // ── showing ──

  #start() {
    const inside = this.querySelector("[data-comments]");
    this.root = inside ? this : (this.shadowRoot ?? this.attachShadow({ mode: "open" }));
    this.section = this.root.querySelector("[data-comments]");
    this.hear(this.root, "click", (event) => this.#click(event));
    this.hear(this.root, "submit", (event) => {
      event.preventDefault();
      this.act(event.target.dataset.do, event.target, event.submitter);
    });
    this.root.addEventListener("pointerover", () => this.#stir(), { once: true, signal: this.signal });
    this.hear(this.root, "focusin", (event) => this.#stir(event.target.form));
    this.hear(this.root, "input", (event) => this.keepDraft(event.target.form));
    this.hear(this.root, "keydown", ({ key, ctrlKey, metaKey, target }) => {
      if (key === "Enter" && (ctrlKey || metaKey)) target.form?.requestSubmit();
    });
    const near = new IntersectionObserver(
      (seen) => {
        if (seen.some((entry) => entry.isIntersecting)) show();
      },
      { rootMargin: "600px" },
    );
    const show = () => {
      near.disconnect();
      this.show();
    };
    this.signal.addEventListener("abort", () => near.disconnect());
    // A token in the address does not wait until somebody scrolls.
    if (linked() || RETURN.test(location.hash)) show();
    else near.observe(this);
    this.#settle();
  }

  /** Shows the thread as the reader last saw it, at the comment that the address names. */
  async show() {
    const { key, sort: shown } = this.section?.dataset ?? {};
    const sort = this.recall("sort") ?? this.getAttribute("sort") ?? shown;
    // An address that names an order means it.
    const settled = shown === sort || new URLSearchParams(location.search).has("sort");
    const comment = linked();
    try {
      if (key === this.key && settled && (!comment || this.find(comment))) this.#ready();
      else await this.load({ sort, comment });
      if (comment) (await import("./layer.js")).reveal(this, comment);
    } catch (error) {
      if (!this.signal.aborted) this.#sorry(error);
    }
  }

  /** Fetches the thread and puts it in place of what is shown. @param {Record<string, string | undefined>} asked */
  async load(asked) {
    const { signal } = this;
    (this.section ?? this.#draw(this.#blank())).ariaBusy = "true";
    try {
      const [part] = await Promise.all([this.fragment("thread", asked), this.#style()]);
      const section = part.querySelector("section");
      if (signal.aborted || !section) return;
      this.#draw(section);
      this.#ready();
    } finally {
      if (this.section) this.section.ariaBusy = null;
    }
  }

  #blank() {
    const section = document.createElement("section");
    section.className = "comments";
    section.dataset.comments = "";
    return section;
  }

  /** @param {HTMLElement} section */
  #draw(section) {
    if (this.section) this.section.replaceWith(section);
    else this.root.append(section);
    return (this.section = section);
  }

  /** Brings our style sheet, where the page does not. */
  #style() {
    if (this.root === this || this.root.querySelector("link")) return;
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = this.base + "/static/comments.css";
    this.root.prepend(link);
    return new Promise((done) => (link.onload = link.onerror = done));
  }

  /** @param {unknown} error */
  #sorry(error) {
    if (!this.emit("error", error) || this.section?.dataset.key === this.key) return;
    const section = this.#blank();
    const again = document.createElement("button");
    again.className = "c-button";
    again.dataset.do = "again";
    // The server's translations are out of reach; a site may bring its own.
    again.textContent = this.getAttribute("retry") ?? "Try again";
    section.append(this.getAttribute("failed") ?? "The comments could not be loaded.", " ", again);
    section.role = "alert";
    this.#draw(section);
  }

  async #ready() {
    const section = /** @type {HTMLElement} */ (this.section);
    section.dataset.live = "";
    this.drawTimes();
    this.emit("load", { thread: this.key, count: Number(section.dataset.count) });
    try {
      const { form } = this;
      if (form?.body.value) this.keepDraft(form);
      if (form && this.recall(this.draftName(form))) await this.#stir(form);
      if (RETURN.test(location.hash)) await (await import("./signin.js")).takeFromAddress(this);
    } catch (error) {
      if (!this.signal.aborted) this.emit("error", error);
    }
    await this.meet();
    this.#settle(true);
  }

  /** What can wait is loaded when the reader stirs, or has been here for a while. @param {boolean} [met] */
  #settle(met) {
    const settled = new AbortController();
    const signal = AbortSignal.any([this.signal, settled.signal]);
    const follow = async () => {
      if (signal.aborted) return;
      settled.abort();
      this.#stirred = true;
      (await import("./later.js")).follow(this, met);
    };
    if (this.#stirred) return follow();
    for (const stir of ["scroll", "pointermove", "keydown"]) addEventListener(stir, follow, { signal, passive: true });
    setTimeout(follow, 4000);
  }

  /** Asks who is reading, and lays over the thread what is theirs. */
  async meet() {
    try {
      const { viewer } = this.me;
      const isKnown = this.isSent || this.recall("token");
      // Who is of another origin and has never written has nothing of their own here.
      if (this.isForeign && !isKnown && !viewer) return;
      const path = "me?" + new URLSearchParams({ thread: this.key, lang: this.language, fragment: "" });
      // Where a cookie alone tells who reads, the module of the private calls can wait.
      const answer = this.isForeign || isKnown ? null : await this.request("/api/v1/" + path, {});
      this.me = { ...this.me, ...(await (answer?.ok ? answer.json() : this.api("GET", path))) };
      if (viewer ?? this.me.viewer) (await import("./layer.js")).layOver(this);
    } catch (error) {
      // The thread stands without it; only the marks on one's own comments are missing.
      if (!this.signal.aborted) this.emit("error", error);
    }
  }

  async drawTimes() {
    if (this.section?.querySelector("time")) (await import("./times.js")).keepTime(this.section, this.signal);
  }

  // ── acting: what only some readers do is loaded when they do it ──

  /** @param {HTMLFormElement} [form] */
  async #stir(form) {
    // At once: a form that shrinks while its modules load moves what the reader is about to press.
    const writes = form?.dataset.do === "post";
    if (writes) form.dataset.open = "";
    const [{ attend }, { wake }] = await Promise.all([import("./actions.js"), import("./compose.js")]);
    attend(this);
    if (writes) wake(this, form);
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const target = /** @type {Element} */ (event.target);
    const control = /** @type {HTMLElement | null} */ (target.closest("a[data-do], button[data-do]"));
    if (!control || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.act(control.dataset.do, control);
  }

  /** @param {string | undefined} name @param {HTMLElement} control @param {HTMLElement} [submitter] */
  async act(name, control, submitter) {
    /** @type {any} */
    let actions;
    try {
      actions = await import(`./${roomOf(name ?? "")}.js`);
    } catch (error) {
      // The network is gone, or the page is older than the server: a link still leads somewhere.
      this.emit("error", error);
      if (control instanceof HTMLAnchorElement) location.assign(control.href);
      return;
    }
    actions[name ?? ""]?.(this, control, submitter);
  }

  // ── asking ──

  /** Every request goes out here; a subclass may change it. @param {string} path @param {RequestInit} init */
  request(path, init) {
    return fetch(this.base + path, init);
  }

  /**
   * A public part of the thread. @param {string} name @param {Record<string, string | undefined>} [asked] @param {number} [tries]
   * @returns {Promise<DocumentFragment>}
   */
  async fragment(name, asked, tries = 0) {
    const { sort, only } = this.section?.dataset ?? {};
    const facts = Object.entries({ key: this.key, lang: this.language, sort, only, at: this.recall("at:" + this.key), ...asked });
    const query = new URLSearchParams(/** @type {string[][]} */ (facts.filter(([, value]) => value)));
    // Always asked again: what a browser may show stale would lack what its reader has just written.
    const response = await this.request(`/fragment/${name}?${query}`, {
      cache: "no-cache", credentials: "omit", signal: this.signal,
    });
    if (!response.ok) return (await import("./busy.js")).again(this, response, name, asked, tries);
    return adopt(await response.text(), this.base);
  }

  get isForeign() {
    return new URL(this.base).origin !== location.origin;
  }

  /** Whether the page around says who its reader is. */
  get isSent() {
    return this.hasAttribute("sso") || this.hasAttribute("sso-url");
  }

  /**
   * The JSON API, with the reader's token. Throws a Problem.
   * @param {string} method @param {string} path @param {unknown} [body] @param {RequestInit} [more]
   */
  async api(method, path, body, more) {
    // Once it is there without a pause: a page that is being left has none.
    api ??= await import("./api.js");
    return api.ask(this, method, path, body, more);
  }

  // ── remembering ──

  /** @param {string} name */
  recall(name) {
    name = `comments:${this.base}:${name}`;
    try {
      return memory[name] ?? localStorage.getItem(name);
    } catch {
      return memory[name];
    }
  }

  /** @param {HTMLFormElement} form */
  draftName(form) {
    return `draft:${this.key}:${form.parent.value}`;
  }

  /** Every keystroke at once: a crash does not wait. @param {HTMLFormElement | null} form */
  keepDraft(form) {
    if (form?.dataset.do !== "post") return;
    const body = form.body.value;
    this.keep(this.draftName(form), body && JSON.stringify({ body }));
  }

  /** @param {string} name @param {string} [value] */
  keep(name, value) {
    name = `comments:${this.base}:${name}`;
    delete memory[name];
    try {
      if (value) localStorage.setItem(name, value);
      else localStorage.removeItem(name);
    } catch {
      memory[name] = value;
    }
  }
}

/** The module that has the action. @param {string} name */
function roomOf(name) {
  if (/^(post|save|reply|cancel|preview|close)$/.test(name)) return "compose";
  return /^sign/.test(name) ? "signin" : /^own/.test(name) ? "own" : "actions";
}

/** The comment that the page's address names. */
function linked() {
  const asked = new URLSearchParams(location.search).get("comment") ?? location.hash.replace("#comment-", "");
  return /^\d+$/.test(asked) ? asked : undefined;
}

// @ts-check
// What opens beside a passage: the question, the last comments on it, and a short form. On a phone
// it comes up from the bottom.
/** @import { About } from "./types" */
/** @import { Marks } from "./marks.js" */
import { introduce, outcome, read, send, wake } from "./compose.js";
import { layOver, place, reveal } from "./layer.js";
import { anchorOf, placeName } from "./selectors.js";
import { drawWho } from "./signin.js";
import { fail, say, words } from "./speech.js";
import { draw as drawTimes } from "./times.js";

const GAP = 8;

export class Panel {
  #frame = document.createElement("div");
  #head = document.createElement("header");
  #room = document.createElement("div");
  /** @type {About | null} */ #about = null;
  /** @type {HTMLElement | null} */ #mark = null;

  /** @param {Marks} marks */
  constructor(marks) {
    this.marks = marks;
    this.thread = marks.article.thread;
    const { lang, dir } = marks.model;
    Object.assign(this.#frame, { className: "panel", popover: "auto", role: "dialog", tabIndex: -1 });
    Object.assign(this.#room, { className: "comments", lang, dir });
    this.#room.append(this.#head);
    this.#frame.append(this.#room);
    marks.append(this.#frame);
    this.#listen();
  }

  #listen() {
    const hear = (/** @type {string} */ type, /** @type {(event: any) => void} */ act) => this.#frame.addEventListener(type, act);
    hear("beforetoggle", ({ newState }) => newState === "closed" && this.#closed());
    hear("click", (event) => this.#click(event));
    hear("submit", (event) => this.#submit(event));
    hear("focusin", ({ target }) => target.form && wake(this.thread, target.form));
    hear("input", ({ target }) => this.thread.keepDraft(target.form));
    hear("keydown", ({ key, ctrlKey, metaKey, target }) => {
      if (key === "Enter" && (ctrlKey || metaKey)) target.form?.requestSubmit();
    });
  }

  // ── opening and closing ──

  /** Without a mark, for what was just picked: the form at once. @param {About} about @param {HTMLElement | null} mark */
  open(about, mark = null) {
    this.#mark?.setAttribute("aria-expanded", "false");
    mark?.setAttribute("aria-expanded", "true");
    this.#mark = mark;
    this.#about = about;
    this.marks.open = about.range;
    this.marks.brighten(null);
    this.#drawHead(about);
    this.#room.replaceChildren(this.#head);
    this.#draw(this.#blank());
    this.#frame.showPopover();
    this.#place(about.range);
    const text = this.#frame.querySelector("textarea");
    (mark || !text ? this.#frame : text).focus({ preventScroll: true });
    this.#frame.scrollIntoView({ block: "nearest" });
    this.#meet();
    return this.#load(about);
  }

  /** The thread may be far below still: it knows who is reading, and has the words for what comes. */
  async #meet() {
    const { thread } = this;
    if (thread.section?.dataset.live === "") return;
    await thread.show();
    const form = this.#room.querySelector("form");
    if (form && thread.me.viewer) drawWho(thread, form);
  }

  close() {
    this.#frame.hidePopover();
  }

  #closed() {
    const mark = this.#mark;
    const from = mark ?? (this.#about && this.marks.markOf(this.marks.article.again(this.#about)));
    mark?.setAttribute("aria-expanded", "false");
    this.#mark = this.#about = this.marks.open = null;
    this.marks.brighten(null);
    // The focus goes where one would look for it; who has pressed elsewhere keeps theirs.
    const { activeElement } = this.marks.root;
    if (from && activeElement && this.#frame.contains(activeElement)) setTimeout(() => from.focus({ preventScroll: true }));
  }

  /** Below the passage, within the window's width. @param {Range} range */
  #place(range) {
    const { bottom, left, right } = range.getBoundingClientRect();
    const { clientWidth } = document.documentElement;
    const width = this.#frame.offsetWidth;
    const start = this.#room.dir === "rtl" ? right - width : left;
    const x = Math.max(GAP, Math.min(start, clientWidth - width - GAP));
    this.#frame.style.setProperty("--x", `${Math.round(x + scrollX)}px`);
    this.#frame.style.setProperty("--y", `${Math.round(bottom + scrollY + GAP)}px`);
  }

  // ── showing ──

  /** @param {About} about */
  #drawHead({ asks, exact }) {
    const { marks } = this;
    const close = document.createElement("button");
    Object.assign(close, { type: "button", className: "close", ariaLabel: marks.words("close"), textContent: "×" });
    close.dataset.do = "close";
    const asked = Object.assign(document.createElement("h2"), { textContent: asks ?? marks.words("passage") });
    if (asks) asked.dir = "auto";
    const quote = Object.assign(document.createElement("blockquote"), { className: "c-passage", dir: "auto", textContent: exact });
    this.#frame.ariaLabel = asks ? marks.words("asks", { question: asks }) : marks.words("passage");
    this.#head.replaceChildren(asked, close, quote);
  }

  #blank() {
    return /** @type {HTMLElement} */ (this.marks.model.cloneNode(true));
  }

  /** @param {About} about */
  async #load(about) {
    if (!about.count) return;
    try {
      const part = await this.thread.fragment("passage", { passage: about.id });
      const shown = /** @type {HTMLElement} */ (part.querySelector("[data-about]"));
      if (this.#about !== about) return;
      this.#fill(shown);
      this.#frame.scrollIntoView({ block: "nearest" });
    } catch (error) {
      fail(this.thread, error, this.#head);
    }
  }

  /** Shows what the server has drawn of the passage, with a fresh form. @param {HTMLElement} shown */
  #draw(shown) {
    const { thread } = this;
    this.#room.querySelector("[data-about]")?.remove();
    this.#room.append(shown);
    const form = /** @type {HTMLFormElement} */ (shown.querySelector("form"));
    const { exact, ...about } = /** @type {About} */ (this.#about);
    // No comment's number, so the server gets none: the draft is kept under it.
    form.parent.value = "passage:" + (placeName(about) ?? exact);
    if ("closed" in form.dataset) form.hidden = !thread.me.can?.comment;
    introduce(thread, form);
    if (thread.me.viewer) drawWho(thread, form);
    drawTimes(this.#room);
  }

  /** The comments alone: somebody may be writing in the form already. @param {HTMLElement} shown */
  #fill(shown) {
    const old = this.#room.querySelector("[data-about]");
    const form = old?.querySelector("form");
    for (const part of old?.querySelectorAll(":scope > :not(form)") ?? []) part.remove();
    form?.before(...shown.querySelectorAll(":scope > :not(form)"));
    drawTimes(this.#room);
  }

  // ── acting ──

  /** @param {MouseEvent} event */
  #click(event) {
    const control = /** @type {Element} */ (event.target).closest("a[data-do], button[data-do]");
    if (!(control instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (control.dataset.do === "close") this.close();
    else if (control.dataset.do === "visit") this.#visit(/** @type {HTMLAnchorElement} */ (control));
    else this.#visitAll();
  }

  /** To the comment in the list, or by its address when the list shows another part. @param {HTMLAnchorElement} link */
  #visit(link) {
    const { to } = link.dataset;
    if (!this.thread.find(to)) return location.assign(link.href);
    this.close();
    reveal(this.thread, to);
  }

  async #visitAll() {
    try {
      await this.thread.load({ only: "inline" });
      this.close();
      this.thread.section?.scrollIntoView();
    } catch (error) {
      fail(this.thread, error, this.#head);
    }
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    const { thread } = this;
    const form = /** @type {HTMLFormElement} */ (event.target);
    const about = this.#about;
    if (!about) return;
    const answer = await send(thread, form, { ...read(thread, form), parent: null, anchor: anchorOf(about) });
    if (!answer) return;
    place(thread, answer.fragment);
    layOver(thread);
    const sentence = words(thread, outcome(answer));
    say(thread, sentence);
    thread.emit("post", answer);
    await this.marks.article.fresh;
    if (this.#about === about) await this.#thank(about, sentence);
  }

  /** The comment stands in the list; its reader stays where they were. @param {About} about @param {string} sentence */
  async #thank(about, sentence) {
    const again = (this.#about = this.marks.article.again(about));
    this.#draw(this.#blank());
    const note = Object.assign(document.createElement("p"), { className: "c-note", textContent: sentence, tabIndex: -1 });
    this.#room.querySelector("form")?.prepend(note);
    note.focus({ preventScroll: true });
    await this.#load(again);
  }
}

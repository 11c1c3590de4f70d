// @ts-check
// The reader picks: text of the article is selected, and a button beside it says "Comment on this".
/** @import { Article } from "./inline.js" */
import { say } from "./speech.js";

/** A selection is looked at when it has come to rest. */
const REST = 200;
const GAP = 6;
const ELSEWHERE = "comment-thread, input, textarea, select, [contenteditable]:not([contenteditable=false])";

/** @param {Article} article */
export function attendSelection(article) {
  const { signal } = article;
  const picker = new Picker(article);
  let pressed = false;
  let byKey = false;
  /** @type {ReturnType<typeof setTimeout>} */
  let timer;
  const look = () => {
    clearTimeout(timer);
    timer = setTimeout(() => pressed || picker.look(byKey), REST);
  };
  signal.addEventListener("abort", () => clearTimeout(timer));
  const hear = (/** @type {string} */ type, /** @type {(event: any) => void} */ act) =>
    document.addEventListener(type, act, { signal, capture: true });
  hear("selectionchange", look);
  hear("pointerdown", (event) => {
    // While a mouse selects, and while a finger rests on the button, nothing comes or goes.
    pressed = event.pointerType === "mouse" || picker.isOn(event);
    byKey = false;
  });
  for (const type of ["pointerup", "pointercancel", "dragend"]) hear(type, () => {
    pressed = false;
    look();
  });
  hear("keydown", (event) => {
    byKey = true;
    picker.press(event);
  });
}

class Picker {
  #button = document.createElement("button");
  /** @type {Range | null} */ #range = null;

  /** @param {Article} article */
  constructor(article) {
    this.article = article;
    this.#button.type = "button";
    this.#button.className = "pick";
    this.#button.hidden = true;
    // A press on the button must not take the selection away that it is about.
    this.#button.addEventListener("pointerdown", (event) => event.preventDefault());
    this.#button.addEventListener("click", () => this.#pick());
    this.#button.addEventListener("blur", () => this.look(false));
    article.marks.append(this.#button);
  }

  /** Shows or hides the button. @param {boolean} byKey the selection was made with the keyboard */
  look(byKey) {
    const range = this.#selected();
    const { exact } = range ? this.article.picked(range) : { exact: "" };
    const isNew = this.#button.hidden;
    if (!range || !exact) return this.#hide();
    this.#range = range.cloneRange();
    const { marks, thread } = this.article;
    const most = Number(marks.words("most"));
    this.#button.disabled = exact.length > most;
    this.#button.textContent = this.#button.disabled ? marks.words("tooLong", { number: most }) : marks.words("pick");
    this.#button.hidden = false;
    this.#place(range);
    if (isNew && byKey && !this.#button.disabled) say(thread, marks.words("key"));
  }

  /** What is selected of the article; a selection that goes beyond it is about something else. */
  #selected() {
    const { region, thread } = this.article;
    const selection = getSelection();
    if (!selection?.rangeCount || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0);
    const { commonAncestorContainer: around } = range;
    const element = around instanceof Element ? around : around.parentElement;
    if (!element || !region.contains(element) || element.closest(ELSEWHERE)) return null;
    // A closed discussion takes comments of moderators alone.
    const form = thread.form;
    return form && "closed" in form.dataset && !thread.me.can?.comment ? null : range;
  }

  /** @param {Event} event */
  isOn(event) {
    return event.composedPath().includes(this.#button);
  }

  /** Below the end of the selection, where no menu of a phone is. @param {Range} range */
  #place(range) {
    const rects = range.getClientRects();
    const last = rects[rects.length - 1] ?? range.getBoundingClientRect();
    const width = this.#button.offsetWidth;
    const rtl = getComputedStyle(this.article.region).direction === "rtl";
    const x = rtl ? last.left : last.right - width;
    const most = document.documentElement.clientWidth - width - GAP;
    this.article.marks.put(this.#button, Math.max(GAP, Math.min(x, most)), last.bottom + GAP);
  }

  #hide() {
    // Who is about to press it keeps it.
    if (this.#button.matches(":focus")) return;
    this.#button.hidden = true;
    this.#range = null;
  }

  /** Tab leads straight to the button, Escape takes it away. @param {KeyboardEvent} event */
  press(event) {
    if (this.#button.hidden || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Escape") {
      getSelection()?.removeAllRanges();
      this.#button.blur();
      return this.#hide();
    }
    const { activeElement } = document;
    const isReading = !activeElement?.closest(ELSEWHERE);
    if (event.key !== "Tab" || event.shiftKey || this.#button.disabled || !isReading) return;
    event.preventDefault();
    this.#button.focus({ preventScroll: true });
  }

  async #pick() {
    if (!this.#range) return;
    const picked = this.article.picked(this.#range);
    this.#button.hidden = true;
    this.#range = null;
    getSelection()?.removeAllRanges();
    (await this.article.marks.panel()).open(picked);
  }
}

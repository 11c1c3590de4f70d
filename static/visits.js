// @ts-check
// Since your last visit: which comments this browser has not shown its reader yet. It is kept here
// and told to nobody.
/** @import { CommentThread } from "./comment-thread.js" */
/** @import { Watch } from "./news.js" */
import { article } from "./layer.js";
import { dress } from "./pieces.js";

/** How long a comment is looked at before it counts as read, in milliseconds. */
const DWELL = 1500;
/** Read ones that are remembered one by one; who reads on beyond that has read it all. */
const MOST_READ = 300;
/** What the server tells of the latest comments; more are not counted. */
const MOST_COUNTED = 100;
/** Where letters are written, or mean something else. */
const TYPING = "input, textarea, select, [contenteditable]:not([contenteditable=false])";

/** Whether the page is behind another tab or window. */
export function isHidden() {
  return document.hidden || document.visibilityState === "hidden";
}

/**
 * What is new here to this reader.
 *
 * Each comment counts by itself: it is read once it has been in view for a moment. Who looks at the
 * first three of thirty and leaves finds twenty-seven next time, and a reload loses nothing. When
 * none is left, all that is remembered is the revision of that moment.
 */
export class Visit {
  /** What came after this revision is new, @type {number | null} */ #at = null;
  /** but for what was read before, @type {Set<string>} */ #before = new Set();
  /** and what is read now. @type {Set<string>} */ #read = new Set();
  /** What this reader has decided about as a moderator. @type {Set<string>} */ #decided = new Set();
  /** Whether the thread itself was in view. */ #seen = false;
  #isMet = false;
  /** @type {Map<Element, ReturnType<typeof setTimeout>>} */ #looks = new Map();
  #eye = new IntersectionObserver((seen) => seen.forEach((one) => this.#look(one)), { threshold: [0, 0.25, 0.5, 0.75, 1] });
  /** What is observed. @type {HTMLElement | null} */ #section = null;
  #title = "";
  #heading = "";
  /** Where the reader jumped last. @type {Element | null} */ #here = null;

  /** @param {CommentThread} thread @param {Watch} watch */
  constructor(thread, watch) {
    this.thread = thread;
    this.watch = watch;
    const changes = new MutationObserver(() => this.draw());
    watch.heed(() => {
      this.draw();
      this.#observe(changes);
    });
    thread.hear(thread, "comments:post", () => this.#keep());
    // Who lets a comment through has read it.
    thread.hear(thread, "comments:moderate", ({ detail }) => this.#decided.add(String(detail.id)));
    thread.hear(document, "visibilitychange", () => this.#start());
    thread.hear(document, "keydown", (event) => this.#press(event));
    thread.signal.addEventListener("abort", () => {
      changes.disconnect();
      this.#stop();
    });
  }

  /** The thread stands and knows its reader, whose own comments are not new to them. */
  async meet() {
    this.#isMet = true;
    this.watch.tell();
    this.#start();
    if (this.ids.length && !this.watch.word("mark")) await this.watch.look();
  }

  /** What was read before is told when the first of the thread is known. */
  #begin() {
    const { at, read } = this.#kept();
    const { shown } = this.watch;
    // What is ahead of the server was kept before its database was put back.
    this.#at = at !== null && at <= shown ? at : shown;
    this.#before = read;
  }

  /** The thread may have been drawn anew. @param {MutationObserver} changes */
  #observe(changes) {
    const { section } = this.thread;
    if (!section || section === this.#section) return;
    this.#section = section;
    changes.disconnect();
    changes.observe(section, { childList: true, subtree: true });
    this.#start();
  }

  // ── what is new ──

  /** @param {string} id @param {number} came */
  #isNew(id, came) {
    return this.#at !== null && came > this.#at && !this.#before.has(id) && !this.#own.has(id);
  }

  get #own() {
    return new Set([...Object.keys(this.thread.me.own), ...this.#decided]);
  }

  /** The ids of what is new, those on later pages and not yet put in included, the earliest first. */
  get ids() {
    const told = this.watch.latest.filter(([id, came]) => this.#isNew(id, came)).map(([id]) => id);
    const here = this.items.map(({ dataset: { id = "" } }) => id);
    return [...new Set([...told.reverse(), ...here])];
  }

  /** The new ones on this page. */
  get items() {
    const all = /** @type {HTMLElement[]} */ ([...(this.thread.section?.querySelectorAll("[data-id][data-published]") ?? [])]);
    return all.filter(({ dataset: { id = "", published } }) => this.#isNew(id, Number(published)));
  }

  /** Of what is new, how many were not looked at yet. */
  get unread() {
    return this.ids.filter((id) => !this.#read.has(id)).length;
  }

  /** "12 comments, 3 new" */
  get heading() {
    return this.#heading;
  }

  // ── marks ──

  draw() {
    if (this.#at === null && this.watch.isKnown) this.#begin();
    if (this.#isMet && this.ids.length) dress(this.thread, "comments", "news");
    for (const item of this.items) this.#mark(item);
    this.#drawHeading();
  }

  /** @param {HTMLElement} item */
  #mark(item) {
    const comment = article(item);
    const word = this.#isMet && this.watch.word("mark");
    if (!comment || !word || comment.querySelector("[data-new]")) return;
    const mark = document.createElement("span");
    mark.className = "c-new";
    mark.dataset.new = "";
    mark.textContent = word;
    comment.querySelector("header")?.prepend(mark);
    this.#eye.observe(comment);
  }

  #drawHeading() {
    const { thread, watch } = this;
    const heading = thread.section?.querySelector("[data-heading]");
    const stands = heading?.textContent?.trim() ?? "";
    // Somebody else has written it anew: a comment of one's own came or went.
    if (heading && stands !== this.#heading) this.#title = stands;
    if (!heading || watch.revision > watch.shown) this.#title = watch.word("title");
    const { length } = this.ids;
    const number = length < MOST_COUNTED ? String(length) : MOST_COUNTED + "+";
    const both = watch.word("both").replace("{comments}", this.#title);
    this.#heading = length && both ? both.replace("{new}", watch.sentence("new", length, number)) : this.#title;
    if (!heading || !this.#isMet) return;
    if (stands !== this.#heading) heading.textContent = this.#heading;
    this.#offerWay(heading, length);
  }

  /** The two buttons. @param {Element} heading @param {number} number */
  #offerWay(heading, number) {
    const { thread } = this;
    const there = /** @type {HTMLElement | null | undefined} */ (thread.section?.querySelector("[data-jump]"));
    if (there) return (there.hidden = !number);
    const way = number ? this.watch.take("[data-jump]")?.cloneNode(true) : null;
    if (!(way instanceof HTMLElement)) return;
    heading.after(way);
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (way.querySelectorAll("[data-way]"))) {
      button.addEventListener("click", () => this.jump(Number(button.dataset.way)));
    }
    const letters = /** @type {HTMLElement} */ (way.querySelector("[data-letters]"));
    letters.ariaPressed = String(this.#lettersAreOn);
    letters.addEventListener("click", () => {
      thread.keep("letters", this.#lettersAreOn ? "off" : undefined);
      letters.ariaPressed = String(this.#lettersAreOn);
    });
  }

  // ── jumping ──

  /** To the next new one, or with -1 to the one before; round and round. @param {number} way */
  async jump(way) {
    const { items } = this;
    const ids = this.ids;
    const there = items.map(({ dataset: { id = "" } }) => id);
    const away = ids.filter((id) => !there.includes(id));
    const order = [...there, ...away];
    const now = order.indexOf(this.#here?.getAttribute("data-id") ?? "");
    const next = now < 0 ? (way > 0 ? 0 : order.length - 1) : (now + way + order.length) % order.length;
    if (!order.length) return;
    await this.watch.go(order[next]);
    this.#here = this.thread.find(order[next]);
  }

  get #lettersAreOn() {
    return this.thread.recall("letters") !== "off";
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const { key, ctrlKey, metaKey, altKey, isComposing, defaultPrevented } = event;
    if ((key !== "n" && key !== "p") || ctrlKey || metaKey || altKey || isComposing || defaultPrevented) return;
    const [target] = event.composedPath();
    if (target instanceof Element && target.closest(TYPING)) return;
    if (!this.#lettersAreOn || !this.ids.length || document.querySelector(":modal")) return;
    event.preventDefault();
    this.jump(key === "n" ? 1 : -1);
  }

  // ── reading ──

  /** Looks at everything from the beginning; what is in view is told of once more. */
  #start() {
    this.#stop();
    if (isHidden() || !this.#isMet) return;
    const { section } = this.thread;
    if (section && !this.#seen) this.#eye.observe(section);
    for (const item of this.items) if (!this.#read.has(item.dataset.id ?? "")) this.#eye.observe(/** @type {Element} */ (article(item)));
  }

  #stop() {
    this.#eye.disconnect();
    for (const timer of this.#looks.values()) clearTimeout(timer);
    this.#looks.clear();
  }

  /** @param {IntersectionObserverEntry} seen */
  #look({ target, intersectionRect, boundingClientRect, rootBounds }) {
    // Half of it, or as much of it as fills half of the window.
    const enough = Math.min(boundingClientRect.height, rootBounds?.height ?? innerHeight) / 2;
    const isSeen = intersectionRect.height > 0 && intersectionRect.height >= enough;
    if (isSeen === this.#looks.has(target)) return;
    if (isSeen) return this.#looks.set(target, setTimeout(() => this.#hasRead(target), DWELL));
    clearTimeout(this.#looks.get(target));
    this.#looks.delete(target);
  }

  /** @param {Element} target */
  #hasRead(target) {
    this.#eye.unobserve(target);
    this.#looks.delete(target);
    this.#seen = true;
    const id = target.closest("[data-id]")?.getAttribute("data-id");
    if (id) this.#read.add(id);
    this.#keep();
    this.watch.tell();
  }

  // ── remembering ──

  /** What is kept: the revision and, behind it, what was read since. */
  #kept() {
    const [at, ...read] = (this.thread.recall(this.#name) ?? "").split(" ");
    return { at: /^\d+$/.test(at) ? Number(at) : null, read: new Set(read) };
  }

  get #name() {
    return `visit:${this.thread.key}`;
  }

  #keep() {
    const { thread, watch } = this;
    // Another tab may have read on meanwhile.
    const kept = this.#kept();
    const read = new Set([...kept.read, ...this.#before, ...this.#read]);
    const all = this.ids.every((id) => read.has(id)) || read.size > MOST_READ;
    const at = Math.max(kept.at ?? 0, this.#at ?? 0, all ? watch.revision : 0);
    if (all) read.clear();
    for (const id of this.#own) if (Number(thread.find(id)?.dataset.published) > at) read.add(id);
    thread.keep(this.#name, [at, ...read].join(" "));
  }
}

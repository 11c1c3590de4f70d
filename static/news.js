// @ts-check
// What came, changed and went in a thread since it was drawn. Nothing of it moves what is being read.
/** @import { CommentThread } from "./comment-thread.js" */
import { article, drawVote, layOver, put, reveal } from "./layer.js";

/**
 * Keeps what the server tells since the page was drawn.
 *
 * What came is put in when its reader asks for it. What changed or went is put in at once where
 * nobody sees it, and otherwise when it has left the view; never where somebody types.
 */
export class Watch {
  /** The revision that the page shows; what came before the first answer is no news to a page
   *  that shows nothing yet. */ shown = Number.MAX_SAFE_INTEGER;
  /** The last answer: its lists, and its words. @type {HTMLElement | null} */ #part = null;
  /** @type {(() => void)[]} */ #told = [];
  #leaving = new IntersectionObserver((seen) => seen.some((one) => !one.isIntersecting) && this.settle());

  /** @param {CommentThread} thread */
  constructor(thread) {
    this.thread = thread;
    this.#drawn();
    thread.hear(thread, "comments:load", () => {
      this.#drawn();
      this.tell();
    });
    thread.signal.addEventListener("abort", () => this.#leaving.disconnect());
  }

  #drawn() {
    const { revision } = this.thread.section?.dataset ?? {};
    if (revision) this.shown = Number(revision);
  }

  /** Whether anything is known of the thread. */
  get isKnown() {
    return this.shown < Number.MAX_SAFE_INTEGER;
  }

  /** @param {() => void} act called after every answer, and after every change */
  heed(act) {
    this.#told.push(act);
  }

  tell() {
    for (const act of this.#told) act();
  }

  /** The revision that is known. */
  get revision() {
    return Math.max(this.shown, Number(this.#part?.dataset.revision) || 0);
  }

  get count() {
    return Number(this.#part?.dataset.count ?? this.thread.section?.dataset.count) || 0;
  }

  /** Asks what has happened since the page was drawn. @returns {Promise<void>} */
  async look() {
    const { thread, shown } = this;
    const part = await thread.fragment("news", { since: String(shown) });
    if (thread.signal.aborted) return;
    // It was drawn meanwhile, and shows something else.
    if (shown !== this.shown) return this.look();
    this.#part = part.querySelector("[data-news]");
    if (!this.isKnown) this.shown = Number(this.#part?.dataset.revision);
    this.settle();
    this.tell();
  }

  // ── words ──

  /** @param {string} name */
  word(name) {
    return this.#part?.dataset[name] ?? "";
  }

  /** A part of the answer that the page takes over. @param {string} marks */
  take(marks) {
    return /** @type {HTMLElement | null} */ (this.#part?.querySelector(marks) ?? null);
  }

  /** A sentence with a number in it, as the language counts. @param {string} form @param {number} number @param {string} [shown] */
  sentence(form, number, shown = String(number)) {
    const rules = new Intl.PluralRules(this.thread.section?.lang || undefined);
    const counts = rules.select(number);
    const samples = /** @type {NodeListOf<HTMLElement>} */ (this.#part?.querySelectorAll(`[data-forms="${form}"] > li`) ?? []);
    const like = [...samples].find(({ dataset }) => rules.select(Number(dataset.n)) === counts);
    return (like ?? samples[0])?.textContent?.replace("{n}", shown) ?? "";
  }

  // ── what has happened ──

  /** Whether the answer holds all of it. */
  get isWhole() {
    return !this.#part || !("more" in this.#part.dataset);
  }

  /** The latest comments, each with the revision at which it came. @returns {[string, number][]} */
  get latest() {
    const pairs = this.word("latest").trim().split(" ").map((pair) => pair.split(":"));
    return pairs.filter(([id]) => id).map(([id, came]) => [id, Number(came)]);
  }

  /** Comments of others that are not on the page yet, a reply after what it answers. */
  get came() {
    const { thread, shown } = this;
    return this.#items("came").filter(
      ({ dataset: { id = "", published } }) => Number(published) > shown && !thread.find(id) && !(id in thread.me.own),
    );
  }

  /** Comments on the page that stand differently now. */
  get #differing() {
    return [...this.#items("differing"), ...this.#items("came")].filter(({ dataset: { id, published, changed } }) => {
      const there = this.thread.find(id)?.dataset;
      return there && (there.published !== published || there.changed !== changed);
    });
  }

  /** @param {string} list */
  #items(list) {
    return /** @type {HTMLElement[]} */ ([...(this.#part?.querySelectorAll(`[data-${list}] > [data-id]`) ?? [])]);
  }

  get #gone() {
    return this.word("gone").split(" ").map((id) => this.thread.find(id)).filter((item) => item !== null);
  }

  /** Whether something on the page has changed that its reader looks at. */
  get differs() {
    return !this.isWhole || this.#differing.length + this.#gone.length > 0;
  }

  // ── putting it in ──

  /** Puts in what nobody looks at. @param {boolean} [seen] what is looked at as well */
  settle(seen = false) {
    const { thread } = this;
    const mayGo = (/** @type {HTMLElement | undefined} */ part) => !isBusy(part) && (seen || !isInView(part));
    const differing = this.#differing.filter(({ dataset }) => mayGo(article(thread.find(dataset.id))));
    const gone = this.#gone.filter((item) => mayGo(item));
    if (differing.length + gone.length) {
      keepStill(thread, () => {
        for (const item of differing) this.#put(item);
        for (const item of gone) takeAway(item);
      });
      thread.drawTimes();
    }
    this.#leaving.disconnect();
    const left = [...this.#differing.map(({ dataset }) => thread.find(dataset.id)), ...this.#gone].map(article);
    for (const part of left) if (part && isInView(part)) this.#leaving.observe(part);
    if (this.isWhole && !left.length && !this.came.length) this.shown = this.revision;
  }

  /** @param {HTMLElement} item */
  #put(item) {
    const { thread } = this;
    const { id = "", parent } = item.dataset;
    // Those on a passage are shown alone, and this is on none.
    if (thread.section?.dataset.only && !parent && !item.querySelector("[data-passage]")) return undefined;
    // A copy: the answer may be needed once more.
    const placed = put(thread, /** @type {HTMLElement} */ (item.cloneNode(true)));
    if (id in thread.me.own) layOver(thread);
    else if (thread.me.votes[id]) drawVote(thread, id, thread.me.votes[id]);
    return placed;
  }

  /** Its reader has asked for it: puts everything in and leads to the first of what came. */
  async show() {
    const { thread } = this;
    const ids = this.came.map(({ dataset }) => dataset.id);
    if (!this.isWhole) return this.#lead(ids[0]);
    const placed = this.came.filter((item) => this.#put(item)).map(({ dataset }) => dataset.id);
    // Under something that is not on this page.
    if (ids.length && !placed.length) return this.#lead(ids[0]);
    this.settle(true);
    thread.drawTimes();
    this.tell();
    if (!placed.length) return;
    const first = thread.section?.querySelector(placed.map((id) => `[data-id="${id}"]`).join());
    reveal(thread, first?.getAttribute("data-id") ?? undefined);
  }

  /** Draws the thread anew, where the comment is. @param {string | undefined} comment */
  async #lead(comment) {
    const { thread } = this;
    await thread.load({ comment, only: "", sort: thread.recall("sort") ?? thread.getAttribute("sort") ?? undefined });
    reveal(this.thread, comment);
  }

  /** Brings the reader to a comment, wherever it is. @param {string} id */
  async go(id) {
    if (this.came.some(({ dataset }) => dataset.id === id)) await this.show();
    if (this.thread.find(id)) reveal(this.thread, id);
    else await this.#lead(id);
  }
}

/** @param {HTMLElement} item */
function takeAway(item) {
  // Something of the reader's own may still stand below.
  if (item.querySelector("[data-id]")) return article(item)?.remove();
  const list = item.parentElement;
  item.remove();
  if (list?.closest("[data-id]") && !list.children.length) list.parentElement?.remove();
}

/** Whether somebody is at work in it: types, has a menu open, or has the focus there. @param {HTMLElement | undefined} part */
function isBusy(part) {
  const { activeElement } = /** @type {Document | ShadowRoot} */ (part?.getRootNode() ?? document);
  return Boolean(part?.contains(activeElement) || part?.querySelector('form:not([data-do="vote"]), details[open]'));
}

/** @param {Element | undefined} part */
function isInView(part) {
  const { top, bottom } = part?.getBoundingClientRect() ?? { top: 0, bottom: 0 };
  return bottom > 0 && top < innerHeight;
}

/** Changes what is out of view without moving what is in it. @param {CommentThread} thread @param {() => void} act */
function keepStill(thread, act) {
  const read = [...thread.root.querySelectorAll("[data-comment]")].find(isInView);
  const still = read ?? document.elementFromPoint(innerWidth / 2, innerHeight / 2);
  const before = still?.getBoundingClientRect().top ?? 0;
  // Browsers that hold the page still by themselves would do it a second time.
  const { style } = document.documentElement;
  style.setProperty("overflow-anchor", "none");
  act();
  const moved = still?.isConnected ? still.getBoundingClientRect().top - before : 0;
  if (moved) scrollBy(0, moved);
  requestAnimationFrame(() => requestAnimationFrame(() => style.removeProperty("overflow-anchor")));
}

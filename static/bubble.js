// @ts-check
// The bubble: how many comments there are, what is new, and the way there.
/** @import { CommentThread } from "./comment-thread.js" */
/** @import { Watch } from "./news.js" */
/** @import { Visit } from "./visits.js" */
import { focus } from "./layer.js";
import { dress } from "./pieces.js";
import { listen } from "./pulse.js";
import { say } from "./speech.js";

/** Bubbles on this page: a second one stands above the first. */
let standing = 0;

/**
 * Puts the bubble into a corner and keeps it true.
 * @param {CommentThread} thread @param {Watch} watch @param {Visit} visit
 * @param {string} [corner] none: as the server says
 */
export async function float(thread, watch, visit, corner) {
  await Promise.all([watch.look(), dress(thread, "comments", "news")]);
  const box = watch.take("[data-float]");
  const where = corner ?? watch.word("corner");
  if (!box || thread.signal.aborted || where === "off") return;
  box.dataset.float = where;
  new Bubble(thread, watch, visit, box);
  listen({
    thread,
    since: () => watch.shown,
    // What only votes have moved is no reason to ask for more.
    tell: ({ changed }) => (changed > watch.revision ? watch.look() : watch.settle()),
  });
}

class Bubble {
  #isNear = false;
  /** The revision whose news the reader has closed. */ #shut = -1;
  #said = "";
  #invites;

  /** @param {CommentThread} thread @param {Watch} watch @param {Visit} visit @param {HTMLElement} box */
  constructor(thread, watch, visit, box) {
    this.thread = thread;
    this.watch = watch;
    this.visit = visit;
    this.box = box;
    this.#invites = !watch.count && !thread.form?.hidden && !thread.recall("invited");
    this.#stand();
    this.#act("[data-show]", () => this.#show());
    this.#act("[data-shut]", () => this.#close());
    this.#act("[data-go]", () => this.#go());
    const near = new IntersectionObserver((seen) => {
      this.#isNear = seen[seen.length - 1].isIntersecting;
      this.draw();
    });
    const look = () => {
      near.disconnect();
      if (thread.section) near.observe(thread.section);
    };
    look();
    if (!thread.section) this.draw();
    thread.hear(thread, "comments:load", look);
    watch.heed(() => this.draw());
    thread.signal.addEventListener("abort", () => {
      near.disconnect();
      box.remove();
      standing--;
    });
  }

  #stand() {
    const { box, thread } = this;
    box.style.setProperty("--c-nth", String(standing++));
    thread.root.append(box);
    // Above everything, whatever the page around has moved or cut.
    box.popover = "manual";
  }

  /** @param {string} marks */
  #part(marks) {
    return /** @type {HTMLElement} */ (this.box.querySelector(marks));
  }

  /** @param {string} marks @param {() => unknown} act */
  #act(marks, act) {
    this.#part(marks).addEventListener("click", async () => {
      try {
        await act();
      } catch (error) {
        if (!this.thread.signal.aborted) this.thread.emit("error", error);
      }
    });
  }

  draw() {
    const { watch, visit, box } = this;
    const news = this.#news;
    // Somebody has written meanwhile.
    if (watch.count) this.#invites = false;
    const sentence = news || (this.#invites && !this.#isNear ? this.#invitation : "");
    const flash = this.#part("[data-flash]");
    flash.hidden = !sentence;
    if (sentence) this.#part("[data-show]").textContent = sentence;
    const go = this.#part("[data-go]");
    go.hidden = this.#isNear;
    go.ariaLabel = visit.heading;
    const total = this.#part("[data-total]");
    total.textContent = watch.count ? String(watch.count) : "";
    total.dataset.unread = String(visit.unread || "");
    const isHidden = go.hidden && flash.hidden;
    if (isHidden !== box.hidden || !box.matches(":popover-open")) this.#appear(!isHidden);
    this.#tell(news);
  }

  /** @param {boolean} shown */
  #appear(shown) {
    this.box.hidden = !shown;
    this.box.togglePopover(shown);
  }

  /** What has come or changed while the page was open. */
  get #news() {
    const { watch } = this;
    if (watch.revision <= this.#shut) return "";
    const { length } = watch.came;
    if (length) return watch.sentence("arrived", length, length + (watch.isWhole ? "" : "+"));
    return watch.differs ? watch.word("differs") : "";
  }

  /** Once for each change. The page around may tell it in its own way. @param {string} news */
  #tell(news) {
    const { thread, watch } = this;
    const isKnown = news === this.#said;
    this.#said = news;
    if (!news || isKnown) return;
    if (thread.emit("news", { thread: thread.key, count: watch.count, new: watch.came.length })) return say(thread, news);
    this.#shut = watch.revision;
    this.draw();
  }

  // ── the invitation ──

  get #invitation() {
    return this.thread.getAttribute("invitation") ?? this.watch.word("invitation");
  }

  /** Whatever comes of it, it was said once and is not said again in this browser. */
  #accept() {
    this.#invites = false;
    this.thread.keep("invited", "once");
  }

  // ── what is pressed ──

  async #show() {
    if (this.#news) return this.watch.show();
    this.#accept();
    if (!this.thread.form) await this.thread.show();
    this.thread.form?.scrollIntoView({ block: "center" });
    this.thread.form?.body.focus({ preventScroll: true });
  }

  #close() {
    if (this.#news) this.#shut = this.watch.revision;
    else this.#accept();
    this.draw();
    if (!this.box.hidden) this.#part("[data-go]").focus();
  }

  async #go() {
    if (this.visit.unread) return this.visit.jump(1);
    const heading = this.thread.section?.querySelector("[data-heading]");
    this.thread.scrollIntoView();
    focus(/** @type {HTMLElement | null | undefined} */ (heading));
  }
}

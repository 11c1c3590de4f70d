// @ts-check
// Comments on passages of the article: what stands beside it, and the way there and back.
/** @import { CommentThread } from "./comment-thread.js" */
/** @import { About, Lost, PassageJson, Told } from "./types" */
import { describe, index, locate, locateAll } from "./anchoring.js";
import { Marks } from "./marks.js";
import { offsetsOf, rangeOf, textOf } from "./passages.js";
import { attendSelection } from "./picker.js";
import { flat, placeName, quoted } from "./selectors.js";

const ARTICLE = "[data-comments-article]";
const ASKED = "comment-anchor, [data-comment-question]";

/** Content that arrives late arrives in bursts. */
const SETTLED = 150;

/** By the life of a thread: until its element leaves the page. @type {WeakMap<AbortSignal, Promise<Article | null>>} */
const articles = new WeakMap();

/**
 * Marks the passages of the article that were commented on and lets its reader pick others, for as
 * long as the thread is in the page. Where there is no article there is nothing to do.
 * @param {CommentThread} thread
 */
export function attend(thread) {
  const { signal } = thread;
  const region = regionOf(thread.key);
  const article = articles.get(signal) ?? (region ? begin(thread, region) : Promise.resolve(null));
  if (region) articles.set(signal, article);
  return article;
}

/** To the passage that a comment in the list is about. @param {CommentThread} thread @param {HTMLAnchorElement} link */
export async function show(thread, link) {
  const article = await attend(thread);
  const quote = /** @type {HTMLElement | null} */ (link.closest("[data-passage]"));
  // Without the article, or the passage in it, the link leads to where it is, or was.
  if (!quote || !article?.show(quote)) location.assign(link.href);
}

/** The article of a thread. @param {string} key */
function regionOf(key) {
  const marked = [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(ARTICLE))];
  const named = marked.find((region) => region.dataset.commentsArticle === key);
  const asked = /** @type {HTMLElement | null | undefined} */ (document.querySelector(ASKED)?.closest("article, main, body"));
  return named ?? marked.find((region) => !region.dataset.commentsArticle) ?? asked;
}

/** @param {CommentThread} thread @param {HTMLElement} region */
async function begin(thread, region) {
  const article = new Article(thread, region);
  try {
    await article.begin();
    return article;
  } catch (error) {
    article.leave();
    // The thread stands without it; the next time it is tried again.
    articles.delete(thread.signal);
    if (!thread.signal.aborted) thread.emit("error", error);
    return null;
  }
}

export class Article {
  /** @type {PassageJson[]} */ #told = [];
  /** @type {(About | Lost)[]} */ #abouts = [];
  #map = textOf(document.createElement("p"));
  #index = index("");
  #revision = -1;
  #life = new AbortController();
  /** What was asked for last. @type {Promise<void>} */ fresh = Promise.resolve();

  /** @param {CommentThread} thread @param {HTMLElement} region */
  constructor(thread, region) {
    this.thread = thread;
    this.region = region;
    this.marks = new Marks(this);
  }

  /** Aborted when the thread, or the article's part in it, is over. */
  get signal() {
    return this.#life.signal;
  }

  async begin() {
    this.thread.signal.addEventListener("abort", () => this.leave(), { signal: this.signal });
    await Promise.all([this.marks.begin(), this.#ask()]);
    if (this.signal.aborted) return;
    this.#read();
    this.#watch();
    attendSelection(this);
  }

  leave() {
    this.#life.abort();
    this.marks.leave();
  }

  // ── what there is ──

  /** Asks again which passages were commented on. */
  async #refresh() {
    await this.#ask();
    if (!this.signal.aborted) this.#read();
  }

  async #ask() {
    const { thread } = this;
    const at = thread.recall("at:" + thread.key);
    const query = new URLSearchParams({ thread: thread.key, ...(at && { at }) });
    const response = await thread.request("/api/v1/anchors?" + query, {
      cache: "no-cache", credentials: "omit", signal: thread.signal,
    });
    if (!response.ok) throw Object.assign(new Error(), { status: response.status });
    const { passages, revision } = await response.json();
    // An answer may be overtaken on its way.
    if (revision < this.#revision) return;
    this.#revision = revision;
    this.#told = passages;
  }

  /** Looks for every passage in the article as it is now. */
  #read() {
    if (!this.region.isConnected) this.region = regionOf(this.thread.key) ?? this.region;
    this.#map = textOf(this.region);
    this.#index = index(this.#map.text);
    const asked = [...this.#asked()];
    const told = this.#told.map(({ passage, count, anchor }) => ({ ...flat(anchor), id: passage, count }));
    const places = locateAll(this.#index, told);
    const spoken = told.map((about, at) => ({
      ...about,
      // What the author asks is where it is asked, whatever its words are now. What is asked nowhere
      // in the article is no more than the word of whoever wrote about it.
      ...(asked.find((place) => isSamePlace(place, about)) ?? { asks: null, range: this.#rangeOf(places[at]) }),
    }));
    const silent = asked.filter((place) => !spoken.some((about) => isSamePlace(about, place)));
    this.#abouts = [...spoken, ...silent.map((place) => ({ ...this.#describe(place.range), ...place, id: "", count: 0 }))];
    this.marks.draw(this.#abouts.filter(isHere));
    this.#tend();
  }

  /** @param {{ start: number, end: number } | null} place */
  #rangeOf(place) {
    return place && rangeOf(this.#map, place.start, place.end);
  }

  /** What the author asks, and where. */
  *#asked() {
    for (const place of /** @type {NodeListOf<HTMLElement>} */ (this.region.querySelectorAll(ASKED))) {
      const question = oneLine(place.getAttribute("question") ?? place.dataset.commentQuestion);
      const name = oneLine(place.getAttribute("name") ?? place.id);
      if (!(question || name) || isOurs(place)) continue;
      const range = document.createRange();
      range.selectNodeContents(place);
      yield { question, name, asks: question, range };
    }
  }

  // ── picking ──

  /** A passage written down, without the blanks around it; its words are empty where the range holds none. @param {Range} range @returns {Told} */
  #describe(range) {
    const [start, end] = offsetsOf(this.#map, range) ?? [0, 0];
    return { ...describe(this.#map.text, start, end), question: null, name: null };
  }

  /** What somebody has picked, with what was said of it so far. @param {Range} range @returns {About} */
  picked(range) {
    this.#map = textOf(this.region);
    const told = this.#describe(range);
    return { ...told, asks: null, id: "", count: 0, ...this.#known(told), range };
  }

  /** @param {Told} told */
  #known({ exact, prefix, suffix }) {
    return this.#abouts.find((about) => about.exact === exact && about.prefix === prefix && about.suffix === suffix);
  }

  /** The same passage after others, or its reader, have written about it. @param {About} about @returns {About} */
  again(about) {
    const same = this.#abouts.find((other) => (about.id ? other.id === about.id : isSamePlace(other, about)));
    return { ...about, ...(same ?? this.#known(about)), range: about.range };
  }

  // ── the list ──

  /** Scrolls to the passage of a comment and shows where it is. @param {HTMLElement} quote */
  show(quote) {
    const about = this.#of(quote);
    if (isHere(about)) this.marks.show(about);
    return Boolean(about.range);
  }

  /** @param {HTMLElement} quote @returns {About | Lost} */
  #of(quote) {
    const id = quote.dataset.passage ?? "";
    const about = this.#abouts.find((about) => about.id === id);
    if (about) return about;
    // One that waits, or beyond the passages that are marked.
    const told = quoted(quote);
    return { ...told, asks: null, id, count: 0, range: this.#rangeOf(locate(this.#index, told)) };
  }

  /** Says of each passage in the list whether it is in the article no more. */
  #tend() {
    for (const quote of /** @type {NodeListOf<HTMLElement>} */ (this.thread.root.querySelectorAll("[data-passage]"))) {
      const note = quote.querySelector("[data-changed]");
      if (this.#of(quote).range) note?.remove();
      else if (!note) quote.prepend(this.#changed());
    }
  }

  #changed() {
    const line = document.createElement("span");
    line.dataset.changed = "";
    line.append(this.marks.words("changed"), document.createElement("br"));
    return line;
  }

  // ── what changes ──

  #watch() {
    const { signal, thread } = this;
    const read = settled(() => this.#read(), signal);
    // Of the whole page: a framework may put another article in the place of this one.
    const article = new MutationObserver((records) => {
      if (!this.region.isConnected || records.some(({ target }) => this.region.contains(target) && !isOurs(target))) read();
    });
    const list = new MutationObserver(settled(() => this.#tend(), signal));
    article.observe(document.body, { childList: true, characterData: true, subtree: true });
    list.observe(thread.root, { childList: true, subtree: true });
    signal.addEventListener("abort", () => [article, list].forEach((it) => it.disconnect()));
    // What was known stays, and is asked for again with the next change.
    const refresh = () => (this.fresh = this.#refresh().catch(() => {}));
    for (const it of ["post", "delete", "moderate", "news", "load"]) thread.addEventListener("comments:" + it, refresh, { signal });
  }
}

/** *act* when it has not been asked for again for a while. @param {() => void} act @param {AbortSignal} signal */
function settled(act, signal) {
  /** @type {ReturnType<typeof setTimeout>} */
  let waiting;
  signal.addEventListener("abort", () => clearTimeout(waiting));
  return () => {
    clearTimeout(waiting);
    if (!signal.aborted) waiting = setTimeout(act, SETTLED);
  };
}

/** @param {Node} node */
function isOurs(node) {
  const element = node instanceof Element ? node : node.parentElement;
  return Boolean(element?.closest("comment-thread, comment-count"));
}

/** @param {About | Lost} about @returns {about is About} */
function isHere(about) {
  return Boolean(about.range);
}

/** @typedef {{ name: string | null, question: string | null }} Place */

/** @param {Place} one @param {Place} other */
function isSamePlace(one, other) {
  return placeName(one) !== undefined && placeName(one) === placeName(other);
}

/** @param {string | null | undefined} text */
function oneLine(text) {
  return text?.trim().replace(/\s+/g, " ") || null;
}

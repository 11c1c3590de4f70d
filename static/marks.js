// @ts-check
// What stands beside the article: a mark for each passage, and the light that falls on one. All of
// it lives in an element of our own within the thread's, laid over the page; the article is not touched.
/** @import { Article } from "./inline.js" */
/** @import { Panel } from "./panel.js" */
/** @import { About } from "./types" */
import { placeName } from "./selectors.js";
/** Of a mark, in CSS pixels: what a finger hits. */
const SIZE = 24;
const GAP = 4;
const FLASH = 2500;

const LIGHT = "color-mix(in srgb, #e8b600 22%, transparent)";
const BRIGHT = "color-mix(in srgb, #e8b600 38%, transparent)";

// Shared by all threads of a page: a highlight has one name in the whole document.
const hasHighlights = "highlights" in CSS;
const all = hasHighlights ? new Highlight() : null;
const current = hasHighlights ? new Highlight() : null;
/** @type {CSSStyleSheet | undefined} */
let sheet;

/** Paints what is in the two highlights, and leaves nothing behind when that is nothing. */
function paint() {
  if (!all || !current) return;
  const names = /** @type {const} */ ([["comments-passage", all], ["comments-passage-current", current]]);
  for (const [name, highlight] of names) {
    if (highlight.size) CSS.highlights.set(name, highlight);
    else CSS.highlights.delete(name);
  }
  current.priority = 1;
  const wanted = all.size + current.size > 0;
  const others = document.adoptedStyleSheets.filter((it) => it !== sheet);
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(`::highlight(comments-passage) { background-color: ${LIGHT} }
      ::highlight(comments-passage-current) { background-color: ${BRIGHT} }`);
  }
  if (wanted !== document.adoptedStyleSheets.includes(sheet)) document.adoptedStyleSheets = wanted ? [...others, sheet] : others;
}

export class Marks {
  #host = document.createElement("comment-marks");
  #list = document.createElement("ul");
  #layer = document.createElement("div");
  /** What the server draws of a passage nobody has written about, with all our words. */
  model = document.createElement("section");
  /** @type {{ about: About, mark: HTMLButtonElement }[]} */ #drawn = [];
  /** @type {Range[]} */ #lit = [];
  /** @type {Range | null} */ #bright = null;
  #asked = 0;
  /** @type {Promise<Panel> | null} */ #panel = null;
  /** The passage that the panel is open for. @type {Range | null} */ open = null;

  /** @param {Article} article */
  constructor(article) {
    this.article = article;
  }

  async begin() {
    const { thread, signal } = this.article;
    const root = this.#host.attachShadow({ mode: "open" });
    this.#layer.className = "layer";
    this.#list.role = "list";
    this.#layer.append(this.#list);
    this.#host.hidden = true;
    root.append(...["comments", "inline"].map((name) => styleSheet(`${thread.base}/static/${name}.css`)), this.#layer);
    const [part] = await Promise.all([thread.fragment("passage"), this.#styled(root)]);
    if (signal.aborted) return;
    this.model = /** @type {HTMLElement} */ (part.querySelector("[data-about]"));
    this.#list.ariaLabel = this.words("marks");
    this.#host.hidden = false;
    this.#follow();
  }

  /** @param {ShadowRoot} root */
  #styled(root) {
    // A sheet loads once it is in the page.
    this.article.thread.root.prepend(this.#host);
    return Promise.all([...root.querySelectorAll("link")].map((link) => new Promise((done) => (link.onload = link.onerror = done))));
  }

  leave() {
    cancelAnimationFrame(this.#asked);
    this.#light([]);
    this.brighten(null);
    this.#host.remove();
  }

  /** The panel, loaded when somebody opens it first. */
  panel() {
    return (this.#panel ??= import("./panel.js").then(({ Panel }) => new Panel(this)));
  }

  get root() {
    return /** @type {ShadowRoot} */ (this.#host.shadowRoot);
  }

  /** What our part of the page is put into. @param {...Node} nodes */
  append(...nodes) {
    this.#layer.append(...nodes);
  }

  /** A text of ours, in the words of the server. @param {string} name @param {Record<string, unknown>} [values] */
  words(name, values = {}) {
    return (this.model.dataset[name] ?? "").replace(/{(\w+)}/, (_all, field) => String(values[field]));
  }

  // ── marks ──

  /** @param {About[]} abouts */
  draw(abouts) {
    const kept = new Map(this.#drawn.map((it) => [keyOf(it.about), it.mark]));
    const ordered = abouts.filter(({ range }) => range).sort((a, b) => order(a.range, b.range));
    this.#drawn = ordered.map((about) => ({ about, mark: kept.get(keyOf(about)) ?? this.#mark() }));
    for (const { about, mark } of this.#drawn) this.#name(mark, about);
    const items = this.#drawn.map(({ mark }) => /** @type {HTMLElement} */ (mark.parentElement));
    // Put anew only where something came or went: a mark that has the focus keeps it.
    if (items.length !== this.#list.children.length || items.some((item, at) => item !== this.#list.children[at]))
      this.#list.replaceChildren(...items);
    this.#list.hidden = !items.length;
    this.#light(ordered.filter(({ count }) => count).map(({ range }) => range));
    this.place();
  }

  #mark() {
    const mark = document.createElement("button");
    mark.type = "button";
    mark.className = "mark";
    mark.setAttribute("aria-haspopup", "dialog");
    const item = document.createElement("li");
    item.append(mark);
    const about = () => this.#drawn.find((it) => it.mark === mark)?.about;
    const isOpen = () => mark.ariaExpanded === "true";
    // The press of a pointer closes what is open before the click is heard.
    let wasOpen = false;
    mark.addEventListener("pointerdown", () => (wasOpen = isOpen()));
    mark.addEventListener("click", async ({ detail: presses }) => {
      const closes = (presses && wasOpen) || isOpen();
      wasOpen = false;
      const panel = await this.panel();
      if (closes) panel.close();
      else panel.open(/** @type {About} */ (about()), mark);
    });
    for (const type of ["pointerenter", "focus"]) mark.addEventListener(type, () => this.brighten(about()?.range ?? null));
    for (const type of ["pointerleave", "blur"]) mark.addEventListener(type, () => this.brighten(null));
    return mark;
  }

  /** @param {HTMLButtonElement} mark @param {About} about */
  #name(mark, { asks, exact, count }) {
    const about = asks ? this.words("asks", { question: asks }) : `“${exact.replace(/\s+/g, " ").slice(0, 80)}”`;
    mark.ariaLabel = `${this.words("mark", { number: count })}. ${about}`;
    mark.textContent = count ? String(count) : "?";
    mark.toggleAttribute("data-asked", Boolean(asks));
  }

  /** The mark of a passage. @param {About} about */
  markOf(about) {
    return this.#drawn.find((it) => keyOf(it.about) === keyOf(about))?.mark;
  }

  /** Puts every mark beside the first line of its passage; those of one line below each other. */
  place() {
    const origin = this.#host.getBoundingClientRect();
    const edge = this.article.region.getBoundingClientRect();
    const { clientWidth } = document.documentElement;
    const toTheLeft = getComputedStyle(this.article.region).direction === "rtl";
    const x = toTheLeft ? Math.max(edge.left - SIZE - GAP, 0) : Math.min(edge.right + GAP, clientWidth - SIZE);
    const lines = this.#drawn.map(({ about, mark }) => ({ mark, line: about.range.getClientRects()[0] }));
    let low = -Infinity;
    for (const { mark, line } of lines.sort((a, b) => (a.line?.top ?? 0) - (b.line?.top ?? 0))) {
      /** @type {HTMLElement} */ (mark.parentElement).hidden = !line;
      if (!line) continue;
      const y = Math.max(line.top + (Math.min(line.height, 2 * SIZE) - SIZE) / 2, low);
      low = y + SIZE;
      move(mark, x - origin.left, y - origin.top);
    }
  }

  /** Puts *element* at a place of the page. @param {HTMLElement} element @param {number} x @param {number} y of the window */
  put(element, x, y) {
    const origin = this.#host.getBoundingClientRect();
    move(element, x - origin.left, y - origin.top);
  }

  #follow() {
    const { signal, region } = this.article;
    const again = () => {
      cancelAnimationFrame(this.#asked);
      this.#asked = requestAnimationFrame(() => this.place());
    };
    const sizes = new ResizeObserver(again);
    for (const element of [region, document.body]) sizes.observe(element);
    signal.addEventListener("abort", () => sizes.disconnect());
    addEventListener("resize", again, { signal });
    // A part of the page that scrolls by itself; the page as a whole takes the marks along.
    const inside = (/** @type {Event} */ { target }) => target instanceof Element && target.contains(region) && again();
    addEventListener("scroll", inside, { signal, capture: true, passive: true });
    document.fonts.ready.then(again);
  }

  // ── light ──

  /** @param {Range[]} ranges */
  #light(ranges) {
    for (const range of this.#lit) all?.delete(range);
    for (const range of ranges) all?.add(range);
    this.#lit = ranges;
    paint();
  }

  /** Shows which passage is meant. @param {Range | null} range */
  brighten(range) {
    const shown = range ?? this.open;
    if (this.#bright) current?.delete(this.#bright);
    if (shown) current?.add(shown);
    this.#bright = shown;
    paint();
  }

  /** Scrolls to a passage and lets it flash. @param {About} about */
  show(about) {
    const { range } = about;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const { startContainer: first } = range;
    const block = first instanceof Element ? first : first.parentElement;
    const tall = (block?.getBoundingClientRect().height ?? 0) > innerHeight;
    if (tall) scrollBy({ top: range.getBoundingClientRect().top - innerHeight / 3 });
    else block?.scrollIntoView({ block: "center", behavior: still ? "auto" : "smooth" });
    this.#flash(range);
    this.markOf(about)?.focus({ preventScroll: true });
  }

  /** @param {Range} range */
  #flash(range) {
    const boxes = [...range.getClientRects()].map((rect) => {
      const box = document.createElement("div");
      box.className = "flash";
      box.style.inlineSize = `${rect.width}px`;
      box.style.blockSize = `${rect.height}px`;
      this.put(box, rect.left, rect.top);
      return box;
    });
    this.append(...boxes);
    setTimeout(() => boxes.forEach((box) => box.remove()), FLASH);
  }
}

/** @param {string} href */
function styleSheet(href) {
  return Object.assign(document.createElement("link"), { rel: "stylesheet", href });
}

/** @param {HTMLElement} element @param {number} x @param {number} y */
function move(element, x, y) {
  element.style.translate = `${Math.round(x)}px ${Math.round(y)}px`;
}

/** What stays the same of a passage when its count changes. @param {About} about */
function keyOf(about) {
  const name = placeName(about);
  // Apart, or who names a place after another passage's number takes its mark.
  return name === undefined ? `passage ${about.id || about.prefix + about.exact}` : `place ${name}`;
}

/** @param {Range} one @param {Range} other */
function order(one, other) {
  return one.compareBoundaryPoints(Range.START_TO_START, other) || one.compareBoundaryPoints(Range.END_TO_END, other);
}

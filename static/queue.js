// @ts-check
// A list of comments that are decided about without a page in between.
import { adopt } from "./sweep.js";
import { draw } from "./times.js";
/** @import { Decided } from "./types" */

/** The list fetches more when fewer than so many are left. */
const LOW = 8;
const base = new URL("..", import.meta.url).href.replace(/\/$/, "");

/** @template {Element} [T=HTMLElement] @param {string} what @param {ParentNode} [within] */
const find = (what, within = document) => /** @type {T | null} */ (within.querySelector(what));

export class Queue {
  /** One after the other: an undo must not pass the decision it takes back. @type {Promise<unknown>} */
  #line = Promise.resolve();
  /** @type {Promise<unknown> | null} */ #more = null;

  /** @param {HTMLElement} list */
  constructor(list) {
    this.list = list;
    this.#prepare();
    document.addEventListener("submit", (event) => this.#submit(event));
    document.addEventListener("change", (event) => this.#changed(/** @type {HTMLElement} */ (event.target)));
    list.addEventListener("click", (event) => this.#click(event));
    this.#changed();
  }

  // ── where one is ──

  get entries() {
    return /** @type {HTMLElement[]} */ ([...this.list.querySelectorAll("[data-entry]:not([hidden])")]);
  }

  /** The entry that has the focus, or holds what has it. */
  get current() {
    const entry = /** @type {HTMLElement | null | undefined} */ (document.activeElement?.closest("[data-entry]"));
    return entry && !entry.hidden ? entry : undefined;
  }

  get ticked() {
    return /** @type {HTMLInputElement[]} */ ([...this.list.querySelectorAll("[data-pick]:checked")]);
  }

  /** @param {number} step */
  move(step) {
    const { entries, current } = this;
    const at = current ? entries.indexOf(current) + step : 0;
    this.#look(entries[Math.max(0, Math.min(at, entries.length - 1))]);
    if (at >= entries.length - 2) this.fetchMore();
  }

  /** @param {HTMLElement | undefined} entry */
  #look(entry) {
    if (!entry) return find("main")?.focus();
    entry.focus({ preventScroll: true });
    entry.scrollIntoView({ block: "nearest" });
  }

  // ── deciding ──

  /** @param {SubmitEvent} event */
  #submit(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    const { do: what } = form.dataset;
    if (what !== "decide" && what !== "bulk" && what !== "undo") return;
    event.preventDefault();
    const fields = new FormData(form, event.submitter);
    if (what === "decide") this.#decide(form, fields);
    else if (what === "bulk") this.#decideMany(form, fields);
    else this.#takeBack(form.action, fields);
  }

  /** @param {HTMLFormElement} form @param {FormData} fields */
  #decide(form, fields) {
    const entry = /** @type {HTMLElement} */ (form.closest("[data-entry]"));
    const leaves = this.#isQueue && !/pin$/.test(String(fields.get("act"))) && fields.get("show") !== "everything";
    if (leaves) {
      // The next one at once: nobody waits for an answer that is nearly always yes.
      const { entries } = this;
      const at = entries.indexOf(entry);
      entry.hidden = true;
      this.#look(entries[at + 1] ?? entries[at - 1]);
    } else entry.ariaBusy = "true";
    const putBack = (/** @type {string} */ trouble) => {
      entry.hidden = false;
      entry.ariaBusy = null;
      complain(entry, trouble);
    };
    this.#send(form.action, fields, putBack, (answer, fine) => {
      const hadFocus = entry.contains(document.activeElement);
      if (fine && leaves && !answer.stays) entry.remove();
      else if (answer.entry) this.#redraw(entry, answer.entry, fine ? "" : textOf(answer.notice), hadFocus);
      this.#refill();
    });
  }

  /** @param {HTMLElement} entry @param {string} html @param {string} trouble @param {boolean} focused */
  #redraw(entry, html, trouble, focused) {
    const fresh = find("[data-entry]", adopt(html, base));
    if (!fresh) return;
    complain(fresh, trouble);
    entry.replaceWith(fresh);
    this.#prepare();
    if (focused) this.#look(fresh);
  }

  /** @param {HTMLFormElement} form @param {FormData} fields */
  #decideMany(form, fields) {
    const after = this.current ?? this.entries[0];
    this.#send(form.action, fields, () => {}, async (answer, fine) => {
      if (!fine) return;
      if (Array.isArray(answer.gone) && !fields.has("all") && fields.get("show") !== "everything") {
        for (const id of answer.gone) find(`[data-entry="${id}"]`, this.list)?.remove();
        this.#refill();
      } else await this.#reload();
      const all = find("[data-all]");
      if (all instanceof HTMLInputElement) all.checked = false;
      for (const box of this.ticked) box.checked = false;
      this.#changed();
      if (!after?.isConnected || document.activeElement === document.body) this.#look(this.entries[0]);
    });
  }

  /** Takes the last decision back, and with the next press the one before; the server knows them. */
  undo() {
    this.#takeBack(this.list.dataset.undo ?? "", new FormData());
  }

  /** @param {string} address @param {FormData} fields */
  #takeBack(address, fields) {
    this.#send(address, fields, () => {}, async (answer, fine) => {
      if (!fine) return;
      await this.#reload();
      this.#look(find(`[data-entry="${answer.comment}"]`, this.list) ?? this.current ?? this.entries[0]);
    });
  }

  // ── asking ──

  /**
   * Never rejects: what goes wrong with one press must not keep the next from being sent.
   * @param {string} address @param {FormData} fields
   * @param {(trouble: string) => void} putBack before all else, with what went wrong, if anything did
   * @param {(answer: Decided, fine: boolean) => unknown} then
   */
  #send(address, fields, putBack, then) {
    const body = new URLSearchParams(/** @type {any} */ (fields));
    this.#line = this.#line.then(async () => {
      try {
        const { answer, fine } = await ask(address, { method: "POST", body });
        putBack(answer.detail ?? "");
        if (answer.notice) this.#tell(answer.notice);
        else this.#refused(answer);
        this.#count(answer.counts);
        await then(answer, fine);
      } catch (error) {
        putBack(texts("unclear"));
        this.#broke(error);
      }
    });
    return this.#line;
  }

  /** The list again from its beginning, as it stands now. */
  async #reload() {
    const { answer, fine } = await ask(location.href, {});
    if (!fine || answer.entries === undefined || !this.#isQueue) return location.reload();
    this.list.replaceChildren(adopt(answer.entries, base));
    const seen = /** @type {HTMLInputElement | null} */ (find('#bulk [name="seen"]'));
    if (seen && answer.seen) seen.value = answer.seen;
    this.#count(answer.counts);
    this.#prepare();
    this.#refill();
  }

  #refill() {
    if (this.entries.length < LOW) this.fetchMore();
    const more = find("[data-more]", this.list);
    const empty = !this.entries.length && !more;
    const [sign, bulk] = [find("[data-empty]"), find("#bulk")];
    if (sign) sign.hidden = !empty;
    if (bulk) bulk.hidden = empty;
    if (empty) find("main")?.focus();
  }

  /** The next entries, once however often it is asked. */
  fetchMore() {
    const more = find("[data-more]", this.list);
    const link = /** @type {HTMLAnchorElement | null} */ (more && find("a", more));
    if (!more || !link) return this.#more;
    this.#more ??= this.#append(more, link.href)
      .finally(() => (this.#more = null))
      .then((grew) => grew && this.#refill(), (error) => this.#broke(error));
    return this.#more;
  }

  /** Whether it did, and not in vain. @param {HTMLElement} more what the entries replace @param {string} address */
  async #append(more, address) {
    const { answer, fine } = await ask(address, {});
    if (!more.isConnected) return false;
    const waited = more.contains(document.activeElement) || !this.entries.length;
    // Nobody who decides needs to hear of what was fetched ahead.
    if (!fine && waited) this.#refused(answer);
    if (!fine) return false;
    const fresh = adopt(answer.entries ?? "", base);
    // One that was taken back meanwhile may stand here already.
    for (const each of fresh.querySelectorAll("[data-entry]")) {
      if (find(`[data-entry="${each.getAttribute("data-entry")}"]`, this.list)) each.remove();
    }
    const first = find("[data-entry]", fresh);
    more.replaceWith(fresh);
    this.#prepare();
    if (waited) this.#look(first ?? undefined);
    return true;
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const link = /** @type {Element} */ (event.target).closest("[data-more] a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.fetchMore();
  }

  // ── showing ──

  /** Whether this is a list with an end, and not one comment alone. */
  get #isQueue() {
    return !!find("#bulk") || !!find("[data-empty]");
  }

  /** What the sweep leaves out of HTML that comes later. */
  #prepare() {
    for (const entry of this.list.querySelectorAll("[data-entry]")) {
      /** @type {HTMLElement} */ (entry).tabIndex = -1;
      find("[data-pick]", entry)?.setAttribute("form", "bulk");
      const body = find("[data-long]", entry);
      if (body) body.tabIndex = 0;
    }
    // They are kept fresh already, as those of the whole page.
    draw(document.documentElement);
  }

  /** @param {HTMLElement} [box] */
  #changed(box) {
    if (box?.matches("[data-pick-all]")) {
      for (const pick of this.list.querySelectorAll("[data-pick]")) {
        /** @type {HTMLInputElement} */ (pick).checked = /** @type {HTMLInputElement} */ (box).checked;
      }
    }
    const number = this.ticked.length;
    const words = find("[data-picked]");
    if (words) words.textContent = texts("chosen").replace("{number}", String(number));
  }

  /** @param {string} html */
  #tell(html) {
    const notice = adopt(html, base);
    const bar = find("[data-notice]", notice);
    this.say(find("span", notice)?.textContent?.trim() ?? "", bar?.role === "alert");
    // In view wherever in the list one is; the sentence has been said already.
    bar?.removeAttribute("role");
    bar?.classList.add("q-toast");
    find("[data-notices]")?.replaceChildren(notice);
  }

  /** Why nothing came of it; who is not signed in any more gets the way back to this very page. @param {Decided} answer */
  #refused({ detail, code }) {
    this.say(detail || texts("unclear"), true);
    if (code === "sign_in_required") find("[data-notices] > *")?.append(wayIn());
  }

  /** What nobody has foreseen: how it stands is not known here. @param {unknown} error */
  #broke(error) {
    this.say(texts("unclear"), true);
    console.error(error);
  }

  /** For those who listen. @param {string} sentence @param {boolean} [at_once] */
  say(sentence, at_once = false) {
    const region = find(at_once ? "[data-alert]" : "[data-status]");
    if (!region) return;
    region.textContent = "";
    setTimeout(() => (region.textContent = sentence), 50);
    if (at_once) find("[data-notices]")?.replaceChildren(alertOf(sentence, "div"));
  }

  /** @param {Record<string, string> | undefined} counts */
  #count(counts) {
    for (const name in counts) {
      const place = find(`[data-count="${name}"]`);
      if (place) place.textContent = counts[name];
    }
  }
}

/** Rejects when the answer cannot be read. @param {string} address @param {RequestInit} init @returns {Promise<{answer: Decided, fine: boolean}>} */
async function ask(address, init) {
  const url = new URL(address, location.href);
  url.searchParams.set("fragment", "");
  const response = await fetch(url, init).catch(() => null);
  if (!response) return { answer: { detail: texts("offline") }, fine: false };
  return { answer: await response.json(), fine: response.ok };
}

/** Says it in the entry too, where the next press does not wipe it away. @param {HTMLElement} entry @param {string} sentence */
function complain(entry, sentence) {
  find(".a-error", entry)?.remove();
  if (sentence) find("[data-facts]", entry)?.before(alertOf(sentence));
}

/** Where one signs in, to come back here. */
function wayIn() {
  const url = new URL(texts("way-in"), location.href);
  url.searchParams.set("back", location.pathname + location.search);
  const link = document.createElement("a");
  link.href = url.href;
  link.textContent = texts("signin");
  return link;
}

/** The sentence of a piece of HTML. @param {string} [html] */
function textOf(html = "") {
  return adopt(html, base).textContent?.trim() ?? "";
}

/** @param {string} sentence @param {string} [tag] */
function alertOf(sentence, tag = "p") {
  const alert = document.createElement(tag);
  alert.className = tag === "p" ? "a-error" : "a-notice a-notice-bad";
  alert.textContent = sentence;
  return alert;
}

/** Words that the server has translated. @param {string} name */
export function texts(name) {
  return find("[data-texts]")?.getAttribute("data-" + name) ?? "";
}

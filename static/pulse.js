// @ts-check
// Has anything happened? One question for all that a page shows of one server, asked while somebody
// looks at it, and less often the longer nothing comes.
/** @import { CommentThread } from "./comment-thread.js" */
/** @import { PulseJson } from "./types" */
import { isHidden } from "./visits.js";

/** Milliseconds between two questions: at first, at the most, and by what they grow. */
const FIRST = 20_000;
const MOST = 120_000;
const SLOWER = 1.5;
/** Pages that were opened at the same moment must not ask at the same moment for ever. */
const JITTER = 0.15;
/** What the server answers in one question. */
const MOST_THREADS = 20;
const MOST_COUNTS = 100;

/**
 * @typedef {{ thread: CommentThread, since: () => number, tell: (pulse: PulseJson) => unknown }} Listener
 * `since` gives the revision that the page shows.
 */

/** @type {Map<string, Poll>} */
const polls = new Map();

/** Calls `tell` with each answer until the thread leaves the page. @param {Listener} listener */
export function listen(listener) {
  const { base } = listener.thread;
  const poll = polls.get(base) ?? new Poll(base);
  polls.set(base, poll);
  poll.add(listener);
}

class Poll {
  /** @type {Set<Listener>} */ #listeners = new Set();
  #life = new AbortController();
  #pause = FIRST;
  #due = 0;
  #asking = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;

  /** @param {string} base */
  constructor(base) {
    this.base = base;
    const { signal } = this.#life;
    // Back after long, it asks at once; back after a moment, when it would have asked.
    const wake = () => this.#wait();
    document.addEventListener("visibilitychange", wake, { signal });
    addEventListener("online", wake, { signal });
    this.#plan(FIRST);
  }

  /** @param {Listener} listener */
  add(listener) {
    this.#listeners.add(listener);
    listener.thread.signal.addEventListener("abort", () => {
      this.#listeners.delete(listener);
      if (!this.#listeners.size) this.#end();
    });
  }

  #end() {
    this.#life.abort();
    clearTimeout(this.#timer);
    polls.delete(this.base);
  }

  /** @param {number} pause in milliseconds */
  #plan(pause) {
    this.#due = Date.now() + pause * (1 - JITTER + 2 * JITTER * Math.random());
    this.#wait();
  }

  #wait() {
    clearTimeout(this.#timer);
    if (this.#asking || this.#life.signal.aborted || isHidden() || !navigator.onLine) return;
    this.#timer = setTimeout(() => this.#ask(), Math.max(0, this.#due - Date.now()));
  }

  async #ask() {
    this.#asking = true;
    let wait = 0;
    try {
      const happened = await this.#tell();
      this.#pause = happened ? FIRST : Math.min(MOST, this.#pause * SLOWER);
    } catch (error) {
      // Nobody has asked for it, so nobody is told that it failed.
      this.#pause = Math.min(MOST, this.#pause * 2);
      wait = Number(/** @type {{ retryAfter?: number }} */ (error).retryAfter) * 1000 || 0;
    }
    this.#asking = false;
    if (!this.#life.signal.aborted) this.#plan(Math.max(wait / (1 - JITTER), this.#pause));
  }

  /** Asks, and hands on what was answered; whether anything has happened. */
  async #tell() {
    const threads = this.#threads();
    const elements = await this.#elements();
    const counted = new Set(elements.map(([key]) => key).filter((key) => !threads.has(key)));
    const query = new URLSearchParams([
      ...[...threads].flatMap(([key, since]) => [["thread", key], ["since", String(since)]]),
      ...[...counted].slice(0, MOST_COUNTS).map((key) => ["count", key]),
    ]);
    const answer = await this.#request(query);
    const [first] = threads.keys();
    /** @type {Record<string, PulseJson>} */
    const told = { ...answer.others, [first]: answer };
    for (const [key, write] of elements) write(told[key]?.count ?? answer.counts?.[key]);
    let happened = false;
    for (const { thread, since, tell } of this.#listeners) {
      const pulse = told[thread.key];
      happened ||= pulse?.revision > since();
      if (pulse) await tell(pulse);
    }
    return happened;
  }

  /** The keys that are asked about, each with the earliest revision that is shown of it. */
  #threads() {
    /** @type {Map<string, number>} */
    const threads = new Map();
    for (const { thread, since } of this.#listeners) {
      const known = threads.get(thread.key);
      if (known === undefined && threads.size === MOST_THREADS) continue;
      threads.set(thread.key, Math.min(known ?? Infinity, since()));
    }
    return threads;
  }

  /** Each number on the page: its key, and how it is written. @returns {Promise<[string, (number: number | undefined) => void][]>} */
  async #elements() {
    const found = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("comment-count")]);
    if (!found.length) return [];
    const { baseOf, keyOf, write } = await import("./comment-count.js");
    return found
      .filter((element) => baseOf(element) === this.base)
      .map((element) => [keyOf(element), (number) => write(element, number)]);
  }

  /** @param {URLSearchParams} query @returns {Promise<PulseJson>} */
  async #request(query) {
    const [{ thread }] = this.#listeners;
    const response = await thread.request("/api/v1/pulse?" + query, {
      cache: "no-cache", credentials: "omit", signal: this.#life.signal,
    });
    if (response.ok) return response.json();
    throw Object.assign(new Error(), { retryAfter: response.headers.get("Retry-After") });
  }
}

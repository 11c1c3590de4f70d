// @ts-check
// A passage of an article: how it is written down, and how it is found again after edits.

/**
 * What is kept of a passage: the selectors TextQuote and TextPosition of the W3C's Web Annotation
 * Data Model. Offsets count UTF-16 units of the article's text.
 * @typedef {object} Anchor
 * @property {string} exact
 * @property {string} prefix
 * @property {string} suffix
 * @property {number} start
 * @property {number} end
 */

/** @typedef {{ text: string }} Index */
/** @typedef {{ start: number, end: number, how: "exact" | "context" | "fuzzy", score: number }} Place */

const AROUND = 32;

/** Prepares an article's text for looking up many anchors. @param {string} text @returns {Index} */
export function index(text) {
  return { text };
}

/** Writes a passage down. @param {string} text @param {number} start @param {number} end @returns {Anchor} */
export function describe(text, start, end) {
  return {
    exact: text.slice(start, end),
    prefix: text.slice(Math.max(0, start - AROUND), start),
    suffix: text.slice(end, end + AROUND),
    start,
    end,
  };
}

/**
 * Where the passage is now; null where that cannot be said with confidence.
 * @param {Index} index @param {Anchor} anchor @returns {Place | null}
 */
export function locate({ text }, { exact, prefix, suffix }) {
  const place = text.indexOf(prefix + exact + suffix);
  const start = place < 0 ? text.indexOf(exact) : place + prefix.length;
  return exact && start >= 0 ? { start, end: start + exact.length, how: "exact", score: 1 } : null;
}

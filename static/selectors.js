// @ts-check
// A passage as the API tells it, with the selectors of the Web Annotation Data Model, and as it is
// handled here.
/** @import { AnchorJson, Told } from "./types" */

const QUOTE = "TextQuoteSelector";
const POSITION = "TextPositionSelector";
/** Characters of a passage that the server takes. */
const MOST = 1000;

/** @param {AnchorJson} anchor @returns {Told} */
export function flat({ selector, question, name }) {
  const { exact = "", prefix = "", suffix = "" } = selector.find(({ type }) => type === QUOTE) ?? {};
  const { start = 0, end = 0 } = selector.find(({ type }) => type === POSITION) ?? {};
  return { exact, prefix, suffix, start, end, question, name };
}

/** @param {Told} told @returns {AnchorJson} */
export function anchorOf({ exact, prefix, suffix, start, end, question, name }) {
  const quote = { type: QUOTE, exact: exact.slice(0, MOST), prefix, suffix };
  return { selector: [quote, { type: POSITION, start, end }], question, name };
}

/** The passage that a comment in the list is about. @param {HTMLElement} quote @returns {Told} */
export function quoted(quote) {
  const { prefix = "", suffix = "", start, end } = quote.dataset;
  const exact = quote.querySelector("[data-exact]")?.textContent ?? "";
  return { exact, prefix, suffix, start: Number(start ?? 0), end: Number(end ?? 0), question: null, name: null };
}

/** What the author called a place, or asked there. @param {{ name: string | null, question: string | null }} place */
export function placeName({ name, question }) {
  return name || question || undefined;
}

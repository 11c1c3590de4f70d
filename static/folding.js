// @ts-check
// Texts that differ in nothing a reader would mind are made the same; characters stay whole.

// What folding changes. A blank on its own and plain letters are copied in one piece.
const VARIANT = /[^\S ]\s*| \s+|[‘’‚‛′`´ʼ‹›]|[“”„‟″«»]|[‐-―−]|--+|…|\.{3}|\p{Cf}|İ|.\p{M}+/gsu;
// No character that readers count as one is longer.
const FAR = 32;

/** One newline between blocks, one blank elsewhere. @param {string} text */
export function plain(text) {
  return text.replace(/\s+/g, (blanks) => (blanks.includes("\n") ? "\n" : " "));
}

/**
 * *text* as it is compared: one case, one kind of blank, quote and dash, no invisible characters.
 * @param {string} text
 * @returns {{ folded: string, from: number[] }} with the place in *text* of each character
 */
export function fold(text) {
  /** @type {number[]} */
  const from = [];
  let folded = "";
  let last = 0;
  const copy = (/** @type {number} */ end) => {
    folded += text.slice(last, end);
    for (let place = last; place < end; place++) from.push(place);
  };
  for (const { 0: found, index: place } of text.matchAll(VARIANT)) {
    copy(place);
    const put = one(found);
    folded += put;
    for (let count = 0; count < put.length; count++) from.push(place);
    last = place + found.length;
  }
  copy(text.length);
  return { folded: folded.toLowerCase().replaceAll("ς", "σ"), from };
}

/** @param {string} variant */
function one(variant) {
  if (/^\s/.test(variant)) return " ";
  if (/^[‘’‚‛′`´ʼ‹›]/.test(variant)) return "'";
  if (/^[“”„‟″«»]/.test(variant)) return '"';
  if (/^[‐-―−-]/.test(variant)) return "-";
  if (/^[….]/.test(variant)) return "…";
  if (/^\p{Cf}/u.test(variant)) return "";
  return variant === "İ" ? "i" : variant.normalize();
}

const segmenter = "Segmenter" in Intl ? new Intl.Segmenter() : null;

/**
 * *place*, or where it cuts a character that readers count as one, the border before or behind it.
 * @param {string} text @param {number} place @param {number} side -1 or 1
 */
export function whole(text, place, side) {
  // Before an ordinary letter or blank there is always one.
  if (!(text.charCodeAt(place) >= 0x300)) return place;
  const from = Math.max(0, place - FAR);
  const segment = segmenter?.segment(text.slice(from, place + FAR)).containing(place - from);
  if (segment) return segment.index + from === place || side < 0 ? segment.index + from : segment.index + from + segment.segment.length;
  const cut = /[\uD800-\uDBFF]/.test(text[place - 1] ?? "") && /[\uDC00-\uDFFF]/.test(text[place] ?? "");
  return cut ? place + side : place;
}

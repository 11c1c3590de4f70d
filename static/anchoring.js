// @ts-check
// A passage of an article: how it is written down, and how it is found again after edits.
// docs/anchoring.md tells how it decides and how well; `make bench ARGS="--only anchors"` measures.
import { AROUND, BUCKET, GRAM, candidates, closeness } from "./candidates.js";
import { fold, plain, whole } from "./folding.js";

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

/**
 * An article made ready. The text is folded: one case, one kind of blank, quote and dash.
 * @typedef {object} Index
 * @property {string} text
 * @property {string} folded
 * @property {number[]} from where each folded character was in the text
 * @property {Uint32Array} ends by hash of GRAM characters: where its places end
 * @property {Uint32Array} places in the folded text, ascending for each hash
 * @property {Float32Array} votes for looking up, used again and again
 * @property {number} work steps of all look-ups so far
 */

/** @typedef {{ start: number, end: number, how: "exact" | "context" | "fuzzy", score: number }} Place */

/**
 * An anchor to look for: prefix, quote and suffix in one, folded.
 * @typedef {object} Pattern
 * @property {string} chars
 * @property {Uint16Array} keys the hashes of their grams
 * @property {number} start of the quote in them
 * @property {number} end
 * @property {Set<number>} sentences where they begin
 * @property {number} least how many have to agree
 * @property {number} position
 */

/** A stretch that pattern and text have in common. @typedef {{ p: number, t: number, size: number }} Run */

/** @typedef {Place & { quote: number, proof: number, asked: number, links: Run[] }} Candidate */
/** Where a passage was, and how far it has moved. @typedef {{ start: number, shift: number }} Shift */

const BITS = 15;
// Bounds for anchors made to cost time: characters of a quote, steps of one look-up, and of all that
// have changed together.
const LONGEST = 10_000;
const MOST_WORK = 300_000;
const MOST_TOGETHER = 6_000_000;
// What makes a candidate trusted, found by trying (docs/anchoring.md): characters that agree, the
// share of the quote, the share of proof in place (less where there is much) and elsewhere, how
// strong a rival may be.
const LEAST_PROOF = 24;
const LEAST_QUOTE = 0.6;
const IN_PLACE = 0.8;
const MUCH_PROOF = 150;
const MUCH_IN_PLACE = 0.65;
const ELSEWHERE = 1;
const RIVAL = 0.7;
const LEAST_BESIDE = 12;
// Neighbours within REACH tell how far the text has moved here, give or take STRAY; two that are
// so far APART that they are not of one sentence, which may be a twin as well.
const REACH = 3000;
const APART = 400;
const STRAY = 150;

// Of which one says as much as three letters.
const IDEOGRAPH = /[\u2e80-\ud7ff]/;
// After “Mr.” none ends.
const SENTENCE_END = /(?<!\b[A-Z][a-z]{0,2})[.!?…؟।]["'”’»)\]]*\s+|\n\s*|[。！？]["'”’」』)]*/g;

/** Makes an article ready for looking up many anchors. @param {string} text @returns {Index} */
export function index(text) {
  const { folded, from } = fold(text);
  const keys = hashes(folded);
  const ends = new Uint32Array((1 << BITS) + 1);
  const places = new Uint32Array(keys.length);
  const votes = new Float32Array((folded.length + LONGEST + 2 * AROUND) / BUCKET + 3);
  for (const key of keys) ends[key + 1]++;
  for (let key = 0; key < 1 << BITS; key++) ends[key + 1] += ends[key];
  // Filled from behind, each end of a hash moves down to its beginning.
  const next = ends.slice(1);
  for (let place = keys.length - 1; place >= 0; place--) places[--next[keys[place]]] = place;
  return { text, folded, from, ends, places, votes, work: 0 };
}

/** Of each GRAM characters, of which the lower bytes fill 32 bits. @param {string} folded */
function hashes(folded) {
  const keys = new Uint16Array(Math.max(0, folded.length - GRAM + 1));
  let gram = 0;
  for (let place = 0; place < folded.length; place++) {
    gram = (gram << 8) | (folded.charCodeAt(place) & 255);
    if (place >= GRAM - 1) keys[place - GRAM + 1] = Math.imul(gram, 0x9e3779b1) >>> (32 - BITS);
  }
  return keys;
}

/** Writes a passage down. @param {string} text @param {number} start @param {number} end @returns {Anchor} */
export function describe(text, start, end) {
  while (start < end && /\s/.test(text[start])) start++;
  while (start < end && /\s/.test(text[end - 1])) end--;
  [start, end] = [whole(text, start, -1), whole(text, end, 1)];
  const before = text.slice(Math.max(0, start - 8 * AROUND), start);
  return {
    exact: plain(text.slice(start, end)),
    prefix: before && nearest(plain(before), -1),
    suffix: nearest(plain(text.slice(end, end + 8 * AROUND)), 1),
    start,
    end,
  };
}

/** AROUND characters at the end or the beginning of *text*. @param {string} text @param {number} side */
function nearest(text, side) {
  if (text.length <= AROUND) return text;
  const cut = side < 0 ? text.length - AROUND : AROUND;
  return side < 0 ? text.slice(whole(text, cut, 1)) : text.slice(0, whole(text, cut, -1));
}

/** Where one passage is now. @param {Index} index @param {Anchor} anchor @returns {Place | null} */
export function locate(index, anchor) {
  return locateAll(index, [anchor])[0];
}

/**
 * Where passages are now; null for each of which that cannot be said with confidence.
 *
 * What stands as it stood is found first, and tells how far its neighbourhood has moved. Of what has
 * changed, candidates are scored as Hypothesis publishes it (match-quote.ts of hypothesis/client):
 * quote 50, prefix 20, suffix 20, position 2. The best is taken only if enough of it agrees and no
 * other comes near.
 * @param {Index} index @param {Anchor[]} anchors @returns {(Place | null)[]}
 */
export function locateAll(index, anchors) {
  const patterns = anchors.map(patternOf);
  const found = patterns.map((pattern) => pattern && verbatim(index, pattern));
  const shifts = found.flatMap((place, number) => {
    const start = anchors[number].start;
    return place ? [{ start, shift: index.from[place.start] - start }] : [];
  });
  const end = index.work + MOST_TOGETHER;
  return patterns.map((pattern, number) => {
    const place = found[number] ?? (pattern && changed(index, pattern, shifts, end));
    return place && placed(index, place);
  });
}

/** In the article's own text. @param {Index} index @param {Candidate} candidate @returns {Place} */
function placed({ text, from }, { start, end, how, score }) {
  return { start: whole(text, from[start], -1), end: whole(text, from[end - 1] + 1, 1), how, score };
}

/** @param {Anchor} anchor @returns {Pattern | null} */
function patternOf({ exact, prefix, suffix, start: position }) {
  if (exact.length > LONGEST) return null;
  const before = prefix.slice(-AROUND);
  const text = before + exact + suffix.slice(0, AROUND);
  const { folded: chars, from } = fold(text);
  let start = 0;
  while (from[start] < before.length) start++;
  let end = start;
  while (from[end] < before.length + exact.length) end++;
  while (chars[start] === " ") start++;
  while (end > start && chars[end - 1] === " ") end--;
  const ends = new Set(Array.from(text.matchAll(SENTENCE_END), ({ 0: found, index: place }) => place + found.length));
  const sentences = new Set(from.flatMap((place, number) => (ends.has(place) ? number : [])));
  const least = LEAST_PROOF / (IDEOGRAPH.test(chars) ? 3 : 1);
  return start < end ? { chars, keys: hashes(chars), start, end, sentences, least, position } : null;
}

/** The pattern as it was, the nearest of several. @param {Index} index @param {Pattern} pattern @returns {Candidate | null} */
function verbatim(index, pattern) {
  const { folded, ends, places } = index;
  const { chars, keys, start, end, least } = pattern;
  if (chars.length < Math.min(least, folded.length)) return null;
  const often = (/** @type {number} */ p) => ends[keys[p] + 1] - ends[keys[p]];
  let rare = 0;
  for (let p = 1; p < keys.length; p++) if (often(p) < often(rare)) rare = p;
  /** @type {Candidate | null} */
  let best = null;
  const until = index.work + MOST_WORK;
  for (let k = ends[keys[rare]]; k < ends[keys[rare] + 1] && index.work < until; k++) {
    const at = places[k] - rare;
    index.work++;
    if (at < 0 || !folded.startsWith(chars, at)) continue;
    index.work += chars.length;
    const score = (90 + 2 * closeness(index, pattern, at + start)) / 92;
    if (!best || score > best.score) best = { start: at + start, end: at + end, how: "exact", score, quote: 1, proof: 0, asked: 0, links: [] };
  }
  return best;
}

/** What is left of the pattern. @param {Index} index @param {Pattern} pattern @param {Shift[]} shifts @param {number} end of all work @returns {Candidate | null} */
function changed(index, pattern, shifts, end) {
  const until = Math.min(index.work + MOST_WORK, end);
  if (index.work >= until) return null;
  const { all, found } = candidates(index, pattern, until);
  if (index.work >= until) return null;
  const likely = found.filter(({ quote }) => quote >= LEAST_QUOTE).sort((one, other) => other.score - one.score);
  const [best] = likely;
  const rival = likely.find(({ start, end }) => start >= best.end || end <= best.start);
  if (!best || (rival && rival.proof > RIVAL * best.proof) || isNeighbour(pattern, best, all)) return null;
  return trusted(best, pattern, index.from[best.start] - pattern.position, shifts) ? best : null;
}

/**
 * Whether what was found is rather what stood beside the passage: more of it is in the prefix or
 * the suffix. So it is in a list of sentences alike, one of which is gone.
 * @param {Pattern} pattern @param {Candidate} best @param {Run[]} all
 */
function isNeighbour({ start, end }, best, all) {
  // Nothing of the pattern is gone: words were put in, which may well be those of a neighbour.
  if (best.proof === best.asked) return false;
  return all.some(({ p, t, size }) => {
    const skip = p < start ? 0 : Math.max(0, end - p);
    const [from, to] = [t + skip, t + (p < start ? Math.min(size, start - p) : size)];
    if (to - from < LEAST_BESIDE || to <= best.start || from >= best.end) return false;
    const own = best.links.map((run) => Math.min(to, run.t + run.size) - Math.max(from, run.t));
    return own.reduce((sum, shared) => sum + Math.max(0, shared), 0) < to - from;
  });
}

/**
 * What looks alike elsewhere is more often another passage than this one, moved and changed: so
 * much more is asked of a candidate that has moved otherwise than its neighbours.
 * @param {Candidate} candidate @param {Pattern} pattern @param {number} shift @param {Shift[]} shifts
 */
function trusted({ proof, asked }, { least, position }, shift, shifts) {
  if (proof < least) return false;
  const agree = shifts.filter((one) => Math.abs(one.start - position) <= REACH && Math.abs(one.shift - shift) <= STRAY);
  const starts = agree.map(({ start }) => start);
  const near = Math.abs(shift) <= STRAY || Math.max(...starts) - Math.min(...starts) >= APART;
  const share = !near ? ELSEWHERE : proof >= MUCH_PROOF ? MUCH_IN_PLACE : IN_PLACE;
  return proof >= share * asked;
}

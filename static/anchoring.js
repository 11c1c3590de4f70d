// @ts-check
// A passage of an article: how it is written down, and how it is found again after edits.
// docs/anchoring.md tells how it decides and how well; `make bench ARGS="--only anchors"` measures.

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

const AROUND = 32;
const GRAM = 4;
const BITS = 15;
const BUCKET = 16;
// Bounds for anchors made to cost time: characters of a quote, steps of one look-up, the commonest
// gram that still votes, and how many runs back a run looks for its predecessor.
const LONGEST = 10_000;
const MOST_WORK = 300_000;
const COMMON = 200;
const CANDIDATES = 5;
const BACK = 32;
// What makes a candidate trusted, found by trying (docs/anchoring.md): characters that agree, the
// share of the quote, the share of proof in place (or much of both) and elsewhere, how strong a
// rival may be.
const LEAST_PROOF = 24;
const LEAST_QUOTE = 0.6;
const IN_PLACE = 0.6;
const MUCH_PROOF = 150;
const MUCH_QUOTE = 0.75;
const ELSEWHERE = 0.95;
const RIVAL = 0.7;
const LEAST_BESIDE = 12;
// A neighbour within REACH tells how far the text has moved here, give or take STRAY.
const REACH = 3000;
const STRAY = 150;

// What folding changes. A blank on its own and plain letters are copied in one piece.
const VARIANT = /[^\S ]\s*| \s+|[‘’‚‛′`´ʼ‹›]|[“”„‟″«»]|[‐-―−]|--+|…|\.{3}|\p{Cf}|İ|.\p{M}+/gsu;
// Of which one says as much as three letters.
const IDEOGRAPH = /[\u2e80-\ud7ff]/;
const SENTENCE_END = /[.!?…:;؟।]["'”’»)\]]*\s+|\n\s*|[。！？]["'”’」』)]*/g;

/** Makes an article ready for looking up many anchors. @param {string} text @returns {Index} */
export function index(text) {
  const { folded, from } = fold(text);
  const keys = hashes(folded);
  const ends = new Uint32Array((1 << BITS) + 1);
  const places = new Uint32Array(keys.length);
  const votes = new Float32Array((folded.length + LONGEST + 2 * AROUND) / BUCKET + 2);
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

/** One newline between blocks, one blank elsewhere. @param {string} text */
function plain(text) {
  return text.replace(/\s+/g, (blanks) => (blanks.includes("\n") ? "\n" : " "));
}

const segmenter = "Segmenter" in Intl ? new Intl.Segmenter() : null;

/** The border of a character, as readers count them, at *place* or beside it. @param {string} text @param {number} place @param {number} side */
function whole(text, place, side) {
  // Before an ordinary letter or blank there is always one.
  if (!(text.charCodeAt(place) >= 0x300)) return place;
  const from = Math.max(0, place - AROUND);
  const segment = segmenter?.segment(text.slice(from, place + AROUND)).containing(place - from);
  if (segment) return segment.index + from === place || side < 0 ? segment.index + from : segment.index + from + segment.segment.length;
  const cut = /[\uD800-\uDBFF]/.test(text[place - 1] ?? "") && /[\uDC00-\uDFFF]/.test(text[place] ?? "");
  return cut ? place + side : place;
}

/** @param {string} text */
function fold(text) {
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
  shifts.push({ start: NaN, shift: 0 });
  return patterns.map((pattern, number) => {
    const place = found[number] ?? (pattern && changed(index, pattern, shifts));
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

/** What is left of the pattern. @param {Index} index @param {Pattern} pattern @param {Shift[]} shifts @returns {Candidate | null} */
function changed(index, pattern, shifts) {
  /** @type {Candidate[]} */
  const found = [];
  /** @type {Run[]} */
  const all = [];
  const until = index.work + MOST_WORK;
  for (const way of diagonals(index, pattern)) {
    const near = runs(index, pattern, way, until);
    if (index.work >= until) return null;
    all.push(...near);
    const candidate = rate(index, pattern, chain(near));
    if (candidate && candidate.quote >= LEAST_QUOTE) found.push(candidate);
  }
  found.sort((one, other) => other.score - one.score);
  const [best] = found;
  const rival = found.find(({ start, end }) => start >= best.end || end <= best.start);
  if (!best || (rival && rival.proof > RIVAL * best.proof) || isNeighbour(pattern, best, all)) return null;
  return trusted(best, pattern, index.from[best.start] - pattern.position, shifts) ? best : null;
}

/**
 * Whether what was found is rather what stood beside the passage: more of it is in the prefix or
 * the suffix. So it is in a list of sentences alike, one of which is gone.
 * @param {Pattern} pattern @param {Candidate} best @param {Run[]} all
 */
function isNeighbour({ start, end }, best, all) {
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
function trusted({ quote, proof, asked }, { least, position }, shift, shifts) {
  if (proof < least) return false;
  const near = shifts.some((one) => !(Math.abs(one.start - position) > REACH) && Math.abs(one.shift - shift) <= STRAY);
  return proof >= (near ? IN_PLACE : ELSEWHERE) * asked || (near && quote >= MUCH_QUOTE && proof >= MUCH_PROOF);
}

/**
 * Where most of the pattern is: differences between place in text and in pattern.
 * @param {Index} index @param {Pattern} pattern
 */
function diagonals(index, { chars, keys }) {
  const { ends, places, votes } = index;
  const step = 1 + (keys.length >> 9);
  votes.fill(0);
  for (let p = 0; p < keys.length; p += step) {
    const [first, end] = [ends[keys[p]], ends[keys[p] + 1]];
    if (end - first > COMMON) continue;
    index.work += end - first;
    const weight = 1 / Math.sqrt(end - first);
    for (let k = first; k < end; k++) votes[(places[k] - p + chars.length) >> 4] += weight;
  }
  /** @type {number[]} */
  const best = [];
  let least = 0;
  for (let k = 1; k < votes.length - 1; k++) {
    if (votes[k] <= least) continue;
    // Beside a better one it is the same place.
    if (votes[k] < votes[k - 1] || votes[k] < votes[k + 1]) continue;
    best.push(k);
    if (best.length <= CANDIDATES) continue;
    best.sort((one, other) => votes[other] - votes[one]).pop();
    least = votes[best[CANDIDATES - 1]];
  }
  const enough = Math.max(...best.map((k) => votes[k])) / 5;
  return best.filter((k) => votes[k] > enough).map((k) => k * BUCKET + BUCKET / 2 - chars.length);
}

/**
 * All stretches that agree near one diagonal, in the pattern's order.
 * @param {Index} index @param {Pattern} pattern @param {number} way @param {number} until
 */
function runs(index, { chars, keys, start, end }, way, until) {
  const { folded, ends, places } = index;
  const slack = Math.min(400, 64 + (end - start) / 3);
  const least = GRAM + (chars.length >> 7);
  /** @type {Run[]} */
  const found = [];
  for (let p = 0; p < keys.length && index.work < until; p++) {
    const stop = ends[keys[p] + 1];
    for (let k = lower(places, ends[keys[p]], stop, p + way - slack); k < stop && places[k] <= p + way + slack; k++) {
      const t = places[k];
      index.work++;
      if (p && t && chars.charCodeAt(p - 1) === folded.charCodeAt(t - 1)) continue;
      let size = 0;
      while (p + size < chars.length && chars.charCodeAt(p + size) === folded.charCodeAt(t + size)) size++;
      index.work += size;
      if (size >= least) found.push({ p, t, size });
    }
  }
  index.work += found.length * BACK;
  return found;
}

/** @param {Uint32Array} places @param {number} low @param {number} high @param {number} least */
function lower(places, low, high, least) {
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle] < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The runs that follow each other with the least jumps. @param {Run[]} all @returns {Run[]} */
function chain(all) {
  const sums = all.map(({ size }) => size);
  const before = all.map(() => -1);
  for (let i = 0; i < all.length; i++) {
    for (let j = Math.max(0, i - BACK); j < i; j++) {
      const gain = all[i].size - overlap(all[j], all[i]);
      const jump = Math.abs(all[i].t - all[i].p - all[j].t + all[j].p);
      const sum = sums[j] + gain - (jump && 2 + jump / 16);
      if (gain > 0 && sum > sums[i]) [sums[i], before[i]] = [sum, j];
    }
  }
  const links = [];
  for (let i = sums.indexOf(Math.max(...sums)); i >= 0; i = before[i]) {
    const cut = before[i] < 0 ? 0 : overlap(all[before[i]], all[i]);
    links.unshift({ p: all[i].p + cut, t: all[i].t + cut, size: all[i].size - cut });
  }
  return links;
}

/** @param {Run} one @param {Run} next */
function overlap(one, next) {
  return Math.max(0, one.p + one.size - next.p, one.t + one.size - next.t);
}

/** @param {Index} index @param {Pattern} pattern @param {Run[]} links @returns {Candidate | null} */
function rate(index, pattern, links) {
  const { chars, start, end } = pattern;
  const there = new Uint8Array(chars.length);
  for (const { p, size } of links) there.fill(1, p, p + size);
  const kept = sum(there, start, end);
  if (!kept) return null;
  const place = borders(index.folded, pattern, links);
  const quote = kept / Math.max(end - start, place.end - place.start);
  const [before, after] = [side(pattern, there, -1), side(pattern, there, 1)];
  const score = weigh([
    [quote, 50],
    [sum(there, 0, start) / start, 20],
    [sum(there, end, chars.length) / (chars.length - end), 20],
    [closeness(index, pattern, place.start), 2],
  ]);
  return {
    ...place,
    score,
    quote,
    how: quote === 1 ? "exact" : Math.min(before.proof, after.proof) >= AROUND / 2 ? "context" : "fuzzy",
    proof: Math.max(0, 3 * kept - 2 * (end - start)) + before.proof + after.proof,
    asked: end - start + before.asked + after.asked,
    links,
  };
}

/** @param {Index} index @param {Pattern} pattern @param {number} place */
function closeness({ from, text }, { position }, place) {
  return 1 - Math.abs(from[place] - position) / text.length;
}

/** The mean of values and their weights, without what there is none of. @param {[number, number][]} parts */
function weigh(parts) {
  const known = parts.filter(([value]) => !isNaN(value));
  const all = known.reduce((sum, [, weight]) => sum + weight, 0);
  return known.reduce((sum, [value, weight]) => sum + value * weight, 0) / all;
}

/** @param {Uint8Array} there @param {number} start @param {number} end */
function sum(there, start, end) {
  let found = 0;
  for (let p = start; p < end; p++) found += there[p];
  return found;
}

/**
 * What a context proves, from the quote outwards: each character that agrees counts one, each that
 * does not takes two. All of it is asked for, but where it ends with the sentence: that can move.
 * @param {Pattern} pattern @param {Uint8Array} there @param {number} step
 */
function side({ sentences, start, end }, there, step) {
  let [sum, proof, asked] = [0, 0, 0];
  /** @type {{ proof: number, asked: number } | undefined} */
  let sentence;
  for (let p = step < 0 ? start - 1 : end; p >= 0 && p < there.length; p += step) {
    if (!sentence && sentences.has(step < 0 ? p + 1 : p)) sentence = { proof, asked };
    asked++;
    sum += there[p] ? 1 : -2;
    proof = Math.max(proof, sum);
  }
  return sentence && proof - sentence.proof < IN_PLACE * (asked - sentence.asked) ? sentence : { proof, asked };
}

/** Where the quote begins and ends in the text. @param {string} folded @param {Pattern} pattern @param {Run[]} links */
function borders(folded, { start, end }, links) {
  const after = links.findIndex(({ p, size }) => p + size > start);
  const until = links.findLastIndex(({ p }) => p < end);
  const [ahead, first, last, behind] = [links[after - 1], links[after], links[until], links[until + 1]];
  const missing = end - last.p - last.size;
  let from = Math.max(0, first.t + start - first.p);
  let to = Math.min(folded.length, last.t + end - last.p);
  if (first.p > start) {
    if (ahead) from = ahead.p + ahead.size === start ? ahead.t + ahead.size : Math.max(ahead.t + ahead.size, from);
    while (insideWord(folded, from)) from--;
  }
  if (missing > 0) {
    if (behind) to = behind.p === end ? behind.t : Math.min(behind.t, to);
    while (insideWord(folded, to)) to++;
  }
  while (from < to - 1 && folded[from] === " ") from++;
  while (to > from + 1 && folded[to - 1] === " ") to--;
  return { start: from, end: to };
}

/** @param {string} text @param {number} place */
function insideWord(text, place) {
  return place > 0 && /^[\p{L}\p{N}]{2}/u.test(text.slice(place - 1, place + 1));
}

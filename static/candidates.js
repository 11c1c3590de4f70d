// @ts-check
// Where in an article something like a passage is: candidates, with what speaks for them.
/** @import { Candidate, Index, Pattern, Run } from "./anchoring.js" */

// Characters that an anchor keeps of each side of its quote.
export const AROUND = 32;
// Characters that are looked up at once, and how many diagonals share their votes.
export const GRAM = 4;
export const BUCKET = 16;
// Of a context beyond its sentence, the share that has to agree to be counted.
const BEYOND = 0.6;
// The commonest gram that still votes, and how many candidates come out of the vote.
const COMMON = 200;
const CANDIDATES = 5;
// How many runs back a run looks for its predecessor.
const BACK = 32;

/**
 * Candidates in no order, and all that text and pattern have in common near them. Stops halfway when
 * the index has worked *until* there.
 * @param {Index} index @param {Pattern} pattern @param {number} until
 */
export function candidates(index, pattern, until) {
  /** @type {Candidate[]} */
  const found = [];
  /** @type {Run[]} */
  const all = [];
  for (const way of diagonals(index, pattern)) {
    const near = runs(index, pattern, way, until);
    if (index.work >= until) break;
    all.push(...near);
    const candidate = rate(index, pattern, chain(near));
    if (candidate) found.push(candidate);
  }
  return { all, found };
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
    for (let k = first; k < end; k++) votes[(places[k] - p + chars.length + BUCKET) >> 4] += weight;
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
  return best.filter((k) => votes[k] > enough).map((k) => k * BUCKET - BUCKET / 2 - chars.length);
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
export function closeness({ from, text }, { position }, place) {
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
function side({ chars, sentences, start, end }, there, step) {
  let [sum, proof, asked] = [0, 0, 0];
  /** @type {{ proof: number, asked: number } | undefined} */
  let sentence;
  for (let p = step < 0 ? start - 1 : end; p >= 0 && p < there.length; p += step) {
    // The blank behind a sentence belongs to none.
    const border = step < 0 ? p + 1 : chars[p] === " " ? p + 1 : p;
    if (!sentence && sentences.has(border)) sentence = { proof, asked };
    asked++;
    sum += there[p] ? 1 : -2;
    proof = Math.max(proof, sum);
  }
  return sentence && proof - sentence.proof < BEYOND * (asked - sentence.asked) ? sentence : { proof, asked };
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

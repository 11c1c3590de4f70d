// @ts-check
// The small sum that a guest's browser does while its reader types: a number with which the
// SHA-256 of a text begins with some zero bits. In slices, since a page that embeds us may forbid
// workers; with its own SHA-256, since crypto.subtle hands every block back through a promise.
/** @import { CommentThread } from "./comment-thread.js" */

/** Milliseconds of a slice: shorter than anybody notices while typing. */
const SLICE = 6;
/** Milliseconds that sending waits for the sum. */
const PATIENCE = 8000;
/** Milliseconds after which a challenge is asked for again; it is good for an hour. */
const FRESH = 50 * 60 * 1000;

/** @typedef {{ challenge: string, nonce: string }} Work */
/** @typedef {{ begun: number, hurry: boolean, work: Promise<Work | undefined> }} Job */

/** @type {WeakMap<CommentThread, Job>} */
const jobs = new WeakMap();

/** Asks for a sum and begins with it, unless one is under way. @param {CommentThread} thread */
export function begin(thread) {
  const known = jobs.get(thread);
  if (known && Date.now() - known.begun < FRESH) return known;
  /** @type {Job} */
  const job = { begun: Date.now(), hurry: false, work: Promise.resolve(undefined) };
  // Without an answer the comment is sent as it is, and may wait for a moderator.
  job.work = compute(thread, job).catch(() => undefined);
  jobs.set(thread, job);
  return job;
}

/** What goes with the comment; nothing when it takes too long. @param {CommentThread} thread */
export function work(thread) {
  const job = begin(thread);
  job.hurry = true;
  const enough = new Promise((done) => setTimeout(done, PATIENCE));
  return /** @type {Promise<Work | undefined>} */ (Promise.race([job.work, enough]));
}

/** The sum is used, or may be: the next comment needs another. @param {CommentThread} thread */
export function spent(thread) {
  jobs.delete(thread);
}

/** @param {CommentThread} thread @param {Job} job */
async function compute(thread, job) {
  const query = new URLSearchParams({ thread: thread.key });
  const { challenge, bits, wait } = await thread.api("GET", "challenge?" + query);
  const ready = performance.now() + wait * 1000;
  const tries = search(challenge + ":", bits);
  while (!thread.signal.aborted) {
    for (const end = performance.now() + SLICE; performance.now() < end; ) {
      const nonce = tries();
      if (nonce === undefined) continue;
      // Whoever pastes and presses at once is no machine: we wait for them.
      await pause(Math.max(0, ready - performance.now()));
      return { challenge, nonce };
    }
    await (job.hurry ? pause(0) : idle());
  }
}

/** @param {number} time */
function pause(time) {
  return new Promise((done) => setTimeout(done, time));
}

function idle() {
  // Safari has no idle callbacks.
  return new Promise((done) => (globalThis.requestIdleCallback ?? setTimeout)(done, { timeout: 100 }));
}

// ── SHA-256 (FIPS 180-4) ──

const PRIMES = primes(64);
const K = Int32Array.from(PRIMES, (prime) => fraction(Math.cbrt(prime)));
const START = Int32Array.from(PRIMES.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));
/** Tries between two looks at the clock. */
const ROUND = 64;

/** @param {number} count */
function primes(count) {
  /** @type {number[]} */
  const found = [];
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime)) found.push(n);
  return found;
}

/** The first 32 bits behind the point. @param {number} number */
function fraction(number) {
  return ((number % 1) * 2 ** 32) | 0;
}

const w = new Int32Array(64);

/** Mixes 64 bytes of *data* into *state*. @param {Int32Array} state @param {DataView} data @param {number} at */
function mix(state, data, at) {
  for (let i = 0; i < 16; i++) w[i] = data.getInt32(at + 4 * i);
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15], y = w[i - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
  }
  // By index: taking them apart as a list goes through an iterator.
  let a = state[0], b = state[1], c = state[2], d = state[3];
  let e = state[4], f = state[5], g = state[6], h = state[7];
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + t1) | 0;
    d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d;
  state[4] += e; state[5] += f; state[6] += g; state[7] += h;
}

/** The last blocks of a text of *length* bytes: *rest*, a one, zeros, the length. @param {Uint8Array} rest @param {number} length */
function padded(rest, length) {
  const blocks = new Uint8Array(64 * Math.ceil((rest.length + 9) / 64));
  blocks.set(rest);
  blocks[rest.length] = 0x80;
  new DataView(blocks.buffer).setUint32(blocks.length - 4, 8 * length);
  return new DataView(blocks.buffer);
}

/** The state after the whole blocks of *bytes*, and what is left of them. @param {Uint8Array} bytes */
function begun(bytes) {
  const state = START.slice();
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  for (; at + 64 <= bytes.length; at += 64) mix(state, data, at);
  return { state, rest: bytes.slice(at) };
}

/** The hash of *text* in hexadecimal. @param {string} text */
export function sha256(text) {
  const bytes = new TextEncoder().encode(text);
  const { state, rest } = begun(bytes);
  const last = padded(rest, bytes.length);
  for (let at = 0; at < last.byteLength; at += 64) mix(state, last, at);
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

/**
 * Each call tries the next numbers behind *prefix* and gives the one that solves it, if it is there.
 * @param {string} prefix @param {number} bits
 */
export function search(prefix, bits) {
  const bytes = new TextEncoder().encode(prefix);
  const { state: first, rest } = begun(bytes);
  const state = new Int32Array(8);
  let last = padded(rest, bytes.length);
  let digits = 0;
  let next = 0;
  return () => {
    for (let tried = 0; tried < ROUND; tried++) {
      const nonce = String(next++);
      if (nonce.length !== digits) {
        digits = nonce.length;
        const end = new Uint8Array(rest.length + digits);
        end.set(rest);
        last = padded(end, bytes.length + digits);
      }
      for (let i = 0; i < digits; i++) last.setUint8(rest.length + i, nonce.charCodeAt(i));
      state.set(first);
      for (let at = 0; at < last.byteLength; at += 64) mix(state, last, at);
      if (leading(state) >= bits) return nonce;
    }
  };
}

/** @param {Int32Array} state */
function leading(state) {
  let word = 0;
  while (word < 8 && !state[word]) word++;
  return word < 8 ? 32 * word + Math.clz32(state[word]) : 256;
}

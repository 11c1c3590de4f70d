// @ts-check
const MOST_KEYS = 100;
/** A site that is too busy is asked again, but not for ever. */
const MOST_TRIES = 4;
/** @type {Set<HTMLElement>} */
const waiting = new Set();

/**
 * Shows the number of comments in *element*. All that ask in the same moment share a request.
 * @param {HTMLElement} element
 */
export function count(element) {
  if (!waiting.size) setTimeout(ask);
  waiting.add(element);
}

function ask() {
  const elements = [...waiting];
  waiting.clear();
  for (const [base, here] of Map.groupBy(elements, baseOf)) {
    const keys = [...new Set(here.map(keyOf))];
    for (let i = 0; i < keys.length; i += MOST_KEYS) fill(base, keys.slice(i, i + MOST_KEYS), here);
  }
}

/** @param {string} base @param {string[]} keys @param {HTMLElement[]} elements */
async function fill(base, keys, elements, tries = 1) {
  const query = new URLSearchParams(keys.map((key) => ["thread", key]));
  const response = await fetch(`${base}/api/v1/counts?${query}`, { credentials: "omit" }).catch(() => null);
  const seconds = Number(response?.headers.get("Retry-After"));
  if (response?.status === 503 && seconds && tries < MOST_TRIES)
    setTimeout(() => fill(base, keys, elements, tries + 1), seconds * 1000 * tries);
  if (!response?.ok) return; // What stood in the page stays.
  /** @type {{ counts: Record<string, number> }} */
  const { counts } = await response.json();
  for (const element of elements) write(element, counts[keyOf(element)]);
}

/** @param {HTMLElement} element @param {number | undefined} number */
export function write(element, number) {
  const lang = element.lang || document.documentElement.lang || undefined;
  if (number !== undefined) element.textContent = number.toLocaleString(lang);
}

/** @param {HTMLElement} element */
export function keyOf(element) {
  return element.getAttribute("thread") ?? "";
}

/** @param {HTMLElement} element */
export function baseOf(element) {
  const base = element.getAttribute("base") ?? new URL("..", import.meta.url);
  return new URL(base, document.baseURI).href.replace(/\/$/, "");
}

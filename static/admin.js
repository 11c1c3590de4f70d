// @ts-check
// The moderation views work without this file; with it they are quicker.
import { tellMoments } from "./exact.js";
import { keepTime } from "./times.js";

const { signal } = new AbortController();
keepTime(document.documentElement, signal);
tellMoments(document, signal);
for (const strip of document.querySelectorAll("[data-strip]")) showCurrent(strip);
// After a form one reads on where something is wrong, or what has come of it.
const told = document.querySelector("main [aria-invalid]") ?? document.querySelector("[data-notice]");
if (told instanceof HTMLElement) told.focus();
const list = /** @type {HTMLElement | null} */ (document.querySelector("[data-queue]"));
if (list) {
  const [{ Queue }, { attend }] = await Promise.all([import("./queue.js"), import("./keys.js")]);
  attend(new Queue(list));
}

/**
 * A row that is wider than the screen shows where one is.
 * @param {Element} strip
 */
function showCurrent(strip) {
  const current = strip.querySelector("[aria-current]");
  if (!current) return;
  const [place, room] = [current.getBoundingClientRect(), strip.getBoundingClientRect()];
  strip.scrollLeft += (place.left + place.right - room.left - room.right) / 2;
}

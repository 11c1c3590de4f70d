// @ts-check
// The moderation views work without this file; with it they are quicker.
import { keepTime } from "./times.js";

keepTime(document.documentElement, new AbortController().signal);
// After a form one reads on where something is wrong, or what has come of it.
const told = document.querySelector("main [aria-invalid]") ?? document.querySelector("[data-notice]");
if (told instanceof HTMLElement) told.focus();
const list = /** @type {HTMLElement | null} */ (document.querySelector("[data-queue]"));
if (list) {
  const [{ Queue }, { attend }] = await Promise.all([import("./queue.js"), import("./keys.js")]);
  attend(new Queue(list));
}

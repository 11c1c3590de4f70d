// @ts-check
// One key per decision. Nothing happens while somebody types, or holds a key for the browser.
/** @import { Queue } from "./queue.js" */

const TYPING = "textarea, select, input:not([type=checkbox], [type=radio]), [contenteditable]";

/** @param {Queue} queue */
export function attend(queue) {
  const help = /** @type {HTMLDialogElement | null} */ (document.querySelector("[data-keys]"));
  const open = /** @type {HTMLElement | null} */ (document.querySelector("[data-help]"));
  if (open) {
    open.hidden = false;
    open.addEventListener("click", () => help?.showModal());
  }
  const order = document.querySelector("[data-order]");
  if (order instanceof HTMLFormElement) {
    order.addEventListener("change", () => order.requestSubmit());
    order.querySelector("button")?.remove();
  }
  const all = /** @type {HTMLInputElement | null} */ (document.querySelector("[data-pick-all]"));
  if (all) all.disabled = all.hidden = false;
  document.addEventListener("keydown", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (help?.open || target.closest(TYPING)) return;
    if (press(queue, event, help)) event.preventDefault();
  });
}

/** @param {Queue} queue @param {KeyboardEvent} event @param {HTMLDialogElement | null} help */
function press(queue, { key, repeat, target }, help) {
  if (key === "j" || key === "k") queue.move(key === "j" ? 1 : -1);
  else if (key === "?") help?.showModal();
  else if (key === "u") repeat || queue.undo();
  else if (key === "Enter") return opened(queue, target);
  else if (key === "x") tick(queue);
  else if (/^[ASRD]$/.test(key)) return !repeat && decideTicked(key.toLowerCase());
  // A key that is held down must not run through the queue.
  else if (/^[asrdp]$/.test(key)) return !repeat && decide(queue, key);
  else return false;
  return true;
}

/** @param {Queue} queue @param {string} key */
function decide(queue, key) {
  const { current } = queue;
  // Only what is looked at is decided about.
  if (!current) queue.move(0);
  else /** @type {HTMLElement | null} */ (current.querySelector(`[data-key="${key}"]`))?.click();
  return true;
}

/** @param {string} key */
function decideTicked(key) {
  /** @type {HTMLElement | null} */ (document.querySelector(`[data-many-key="${key}"]`))?.click();
  return true;
}

/** @param {Queue} queue */
function tick(queue) {
  /** @type {HTMLElement | null | undefined} */ (queue.current?.querySelector("[data-pick]"))?.click();
}

/** @param {Queue} queue @param {EventTarget | null} target */
function opened(queue, target) {
  const { current } = queue;
  if (!current || target !== current) return false;
  const link = current.querySelector("[data-details]") ?? current.querySelector("[data-open]");
  /** @type {HTMLElement | null} */ (link)?.click();
  return true;
}

// @ts-check
// The exact moment of a <time data-ago>, written out when somebody points at it: all of them at once
// would hold up a slow phone.

/** @param {EventTarget} root @param {AbortSignal} signal */
export function tellMoments(root, signal) {
  root.addEventListener("pointermove", ({ target }) => {
    if (target instanceof HTMLTimeElement && "ago" in target.dataset) target.title ||= exact(target);
  }, { signal });
}

/** @param {HTMLTimeElement} time */
function exact(time) {
  const { lang } = /** @type {HTMLElement} */ (time.closest("[lang]") ?? document.documentElement);
  const words = new Intl.DateTimeFormat(lang || undefined, { dateStyle: "long", timeStyle: "short" });
  return words.format(new Date(time.dateTime));
}

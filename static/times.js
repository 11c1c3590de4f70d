// @ts-check
// "3 hours ago" for every <time data-ago>, from one timer however many threads a page has.

/** @type {[number, Intl.RelativeTimeFormatUnit][]} */
const UNITS = [[60, "second"], [60, "minute"], [24, "hour"], [30.44, "day"], [12, "month"], [1e9, "year"]];
/** A clock may be this far behind the server's, in milliseconds. */
const AHEAD = 120_000;
/** @type {Set<HTMLElement>} */
const kept = new Set();

setInterval(() => document.hidden || kept.forEach(draw), 60_000);

/** Keeps the times of *section* fresh until *signal* aborts. @param {HTMLElement} section @param {AbortSignal} signal */
export function keepTime(section, signal) {
  kept.add(section);
  signal.addEventListener("abort", () => kept.delete(section));
  draw(section);
}

/** Writes the times of *section* once. @param {HTMLElement} section */
export function draw(section) {
  if (!section.isConnected) return kept.delete(section);
  const words = new Intl.RelativeTimeFormat(section.lang, { numeric: "auto" });
  const exact = new Intl.DateTimeFormat(section.lang, { dateStyle: "long", timeStyle: "short" });
  for (const time of /** @type {NodeListOf<HTMLTimeElement>} */ (section.querySelectorAll("time[data-ago]"))) {
    const moment = new Date(time.dateTime);
    time.title ||= exact.format(moment);
    // What is still to come, such as the end of a ban, is a date to be kept in mind.
    const isToCome = moment.getTime() - Date.now() > AHEAD;
    time.textContent = isToCome ? exact.format(moment) : ago(moment.getTime(), words);
  }
}

/** @param {number} then @param {Intl.RelativeTimeFormat} words */
function ago(then, words) {
  // A clock that is a little behind the server's must not say "in 2 minutes".
  let amount = Math.max(0, Date.now() - then) / 1000;
  if (amount < 45) return words.format(0, "second");
  for (const [size, unit] of UNITS) {
    if (amount < size) return words.format(-Math.floor(amount), unit);
    amount /= size;
  }
  return "";
}

// @ts-check
// "3 hours ago" for every <time data-ago>, from one timer for the page.

/** @type {[number, Intl.RelativeTimeFormatUnit][]} */
const UNITS = [[60, "second"], [60, "minute"], [24, "hour"], [30.44, "day"], [12, "month"], [1e9, "year"]];
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
  for (const time of /** @type {NodeListOf<HTMLTimeElement>} */ (section.querySelectorAll("time[data-ago]"))) {
    const age = Date.now() - Date.parse(time.dateTime);
    // What is to come stays a date; clocks differ.
    const said = ago(age, words);
    if (age > -12e4 && time.textContent !== said) time.textContent = said;
  }
}

/** @param {number} age in ms @param {Intl.RelativeTimeFormat} words */
function ago(age, words) {
  let amount = age / 1000;
  if (amount < 45) return words.format(0, "second");
  for (const [size, unit] of UNITS) {
    if (amount < size) return words.format(-Math.floor(amount), unit);
    amount /= size;
  }
  return "";
}

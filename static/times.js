// @ts-check
// "3 hours ago" for every <time data-ago>, from one timer however many threads a page has.

/** @type {[number, Intl.RelativeTimeFormatUnit][]} */
const UNITS = [[60, "second"], [60, "minute"], [24, "hour"], [30.44, "day"], [12, "month"], [1e9, "year"]];
/** @type {Set<() => void>} */
const threads = new Set();
/** @type {number | undefined} */
let timer;

/** Keeps the times below *root* fresh until *signal* aborts. @param {ParentNode} root @param {string} lang @param {AbortSignal} signal */
export function keepTime(root, lang, signal) {
  const words = new Intl.RelativeTimeFormat(lang, { numeric: "auto" });
  const exact = new Intl.DateTimeFormat(lang, { dateStyle: "long", timeStyle: "short" });
  const draw = () => {
    for (const time of /** @type {NodeListOf<HTMLTimeElement>} */ (root.querySelectorAll("[data-ago]"))) {
      const then = new Date(time.dateTime);
      time.title ||= exact.format(then);
      time.textContent = ago(then, words);
    }
  };
  threads.add(draw);
  timer ??= setInterval(() => document.hidden || threads.forEach((again) => again()), 60_000);
  signal.addEventListener("abort", () => {
    threads.delete(draw);
    if (!threads.size) timer = clearInterval(timer) ?? undefined;
  });
  draw();
  return draw;
}

/** @param {Date} then @param {Intl.RelativeTimeFormat} words */
function ago(then, words) {
  // A clock that is a little behind ours must not say "in 2 minutes".
  let amount = Math.max(0, Date.now() - +then) / 1000;
  if (amount < 45) return words.format(0, "second");
  for (const [size, unit] of UNITS) {
    if (amount < size) return words.format(-Math.floor(amount), unit);
    amount /= size;
  }
  return "";
}

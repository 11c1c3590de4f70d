// Puts down passages of an article and looks for them in another version of it.
// In: {"jobs": [{"before", "after", "spans": [[start, end], …]}, …]}
// Out: for each span null or {"start", "end", "how", "score"}, and "work", the steps it took.
import { readFileSync } from "node:fs";

const source = readFileSync(process.argv[2], "utf8");
const { index, describe, locate } = await import("data:text/javascript," + encodeURIComponent(source));
const { jobs } = JSON.parse(readFileSync(0, "utf8"));
const answers = jobs.map(({ before, after, spans }) => {
  const article = index(after);
  return spans.map(([start, end]) => {
    const work = article.work;
    const place = locate(article, describe(before, start, end));
    return { place, work: article.work - work };
  });
});
process.stdout.write(JSON.stringify(answers));

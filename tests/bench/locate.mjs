// Puts down passages of an article and looks for them in another version of it.
// In: {"jobs": [{"before", "after", "spans": [[start, end], …]}, …]}
// Out: for each job its "anchors" and their "places", null or {"start", "end", "how", "score"}, and "work", the steps it took.
import { readFileSync } from "node:fs";

const source = readFileSync(process.argv[2], "utf8");
const { index, describe, locateAll } = await import("data:text/javascript," + encodeURIComponent(source));
const { jobs } = JSON.parse(readFileSync(0, "utf8"));
const answers = jobs.map(({ before, after, spans }) => {
  const article = index(after);
  const anchors = spans.map(([start, end]) => describe(before, start, end));
  return { anchors, places: locateAll(article, anchors), work: article.work };
});
process.stdout.write(JSON.stringify(answers));

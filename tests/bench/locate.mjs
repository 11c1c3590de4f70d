// Puts down passages of an article and looks for them in another version of it.
// In: {"jobs": [{"before", "after", "spans": [[start, end], …], "alone": true, …}]}, and "anchors"
// instead of spans where they are known. Out: for each job its "anchors" and their "places", null
// or {"start", "end", "how", "score"}, and "work", the steps it took.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

// The modules are made for browsers; Node has to be told that they are modules.
const folder = mkdtempSync(join(tmpdir(), "anchoring-"));
for (const name of ["anchoring.js", "candidates.js", "folding.js"]) cpSync(join(process.argv[2], name), join(folder, name));
writeFileSync(join(folder, "package.json"), '{"type": "module"}');
const { index, describe, locate, locateAll } = await import(pathToFileURL(join(folder, "anchoring.js")).href);
rmSync(folder, { recursive: true });

const { jobs } = JSON.parse(readFileSync(0, "utf8"));
const answers = jobs.map(({ before, after, spans, anchors, alone }) => {
  const article = index(after);
  anchors ??= spans.map(([start, end]) => describe(before, start, end));
  const places = alone ? anchors.map((anchor) => locate(article, anchor)) : locateAll(article, anchors);
  return { anchors, places, work: article.work };
});
process.stdout.write(JSON.stringify(answers));

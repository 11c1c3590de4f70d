// @ts-check
// <script async src="…/embed.js" data-thread="KEY">: puts the thread where the script stands.
(() => {
  const script = /** @type {HTMLScriptElement} */ (document.currentScript);
  const base = new URL(".", script.src).href;
  // All at once, no chain of waits.
  for (const part of ["define", "comment-thread", "sweep"]) {
    import(`${base}static/${part}.js`);
  }
  // Client-side navigation runs the scripts of a page it shows again.
  if (!script.dataset.thread || script.nextElementSibling?.localName === "comment-thread") return;
  const thread = document.createElement("comment-thread");
  thread.setAttribute("base", base.slice(0, -1));
  for (const { name, value } of script.attributes) if (name.startsWith("data-")) thread.setAttribute(name.slice(5), value);
  if (script.parentElement === document.head) console.warn("embed.js: put the tag where the comments are to appear.");
  script.after(thread);
})();

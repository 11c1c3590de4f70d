// @ts-check
// <script async src="…/embed.js" data-thread="KEY">: puts the thread where the script stands.
(() => {
  const script = /** @type {HTMLScriptElement} */ (document.currentScript);
  const base = new URL(".", script.src).href;
  // All at once: one after the other they would be a chain of waits.
  for (const part of ["define", "comment-thread", "sweep"]) {
    import(`${base}static/${part}.js`);
  }
  // A page kept and shown again by client-side navigation runs its scripts again.
  if (!script.dataset.thread || script.nextElementSibling?.localName === "comment-thread") return;
  const thread = document.createElement("comment-thread");
  thread.setAttribute("base", base.slice(0, -1));
  for (const { name, value } of script.attributes) if (name.startsWith("data-")) thread.setAttribute(name.slice(5), value);
  if (script.parentElement === document.head) console.warn("embed.js: put the tag where the comments are to appear.");
  script.after(thread);
})();

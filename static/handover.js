// @ts-check
// Hands a sign-in to the page it is for: to the window that opened this one, at its exact origin,
// or else in the fragment of that page's address.

/** A page that is there takes the token and closes this window well before that, in milliseconds. */
const PATIENCE = 2000;

const page = /** @type {HTMLElement | null} */ (document.querySelector("[data-handover]"));
if (page) {
  const { token = "", origin = "", back = "" } = page.dataset;
  // The token leaves the document, so that nothing else that comes to run here finds it.
  delete page.dataset.token;
  const target = back ? new URL(back) : null;
  // What the page recognises its own sign-in by.
  const asked = new URLSearchParams(target?.hash.slice(1)).get("comments-window");
  const goBack = () => {
    if (!target) return;
    target.hash += `&comments-token=${token}`;
    location.replace(target.href);
  };
  if (window.opener) {
    window.opener.postMessage({ type: "comments-token", token, window: asked }, origin);
    setTimeout(goBack, PATIENCE);
  } else goBack();
}

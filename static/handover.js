// @ts-check
// Hands a sign-in to the page it is for: to the window that opened this one, at its exact origin,
// or else in the fragment of that page's address.

const page = /** @type {HTMLElement | null} */ (document.querySelector("[data-handover]"));
if (page) {
  const { token = "", origin = "", back = "" } = page.dataset;
  // The token leaves the document, so that nothing else that comes to run here finds it.
  delete page.dataset.token;
  if (window.opener) {
    window.opener.postMessage({ type: "comments-token", token }, origin);
    window.close();
  } else if (back) {
    const target = new URL(back);
    target.hash = `comments-token=${token}`;
    location.replace(target.href);
  }
}

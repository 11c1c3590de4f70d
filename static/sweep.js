// @ts-check
// The one place where HTML enters the page. The server has cleaned every text; a hole there
// would still be a hole here, so what arrives is parsed inert and swept by a list of what may stay.

const TEXT = "a p br strong em s code pre blockquote ol ul li hr".split(" ");
const FRAME = TEXT.concat(
  "section article header footer nav div span b h1 h2 h3 h4 h5 h6 bdi time data form label input textarea select option button details summary img svg path q kbd".split(" "),
);
const ATTRIBUTES =
  /^(aria-\w+|data-[\w-]+|item\w+|class|part|id|for|role|lang|dir|title|rel|href|src|alt|loading|referrerpolicy|datetime|hidden|method|tabindex|action|formaction|type|name|value|rows|required|maxlength|autocomplete|inputmode|placeholder|selected|viewBox|width|height|stroke|d)$/;
// What readers wrote carries nothing that a script of ours would listen to.
const IN_TEXT = /^(href|title|rel|dir|lang|start)$/;

const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy("comments", {
  createHTML: (/** @type {string} */ html) => html,
});

/**
 * @param {string} html
 * @param {string} base the address of our prefix: forms lead below it, relative links start there
 */
export function adopt(html, base) {
  const { body } = new DOMParser().parseFromString(policy?.createHTML(html) ?? html, "text/html");
  const written = new Set(body.querySelectorAll("[data-body] *"));
  for (const element of body.querySelectorAll("*")) sweep(element, base, written.has(element));
  const fragment = document.createDocumentFragment();
  fragment.append(...body.childNodes);
  return fragment;
}

/** @param {Element} element @param {string} base @param {boolean} written */
function sweep(element, base, written) {
  if (!(written ? TEXT : FRAME).includes(element.localName)) return element.remove();
  for (const name of element.getAttributeNames()) {
    const value = element.getAttribute(name) ?? "";
    if (!(written ? IN_TEXT : ATTRIBUTES).test(name)) element.removeAttribute(name);
    else if (/^(href|src|(form)?action)$/.test(name)) lead(element, name, value, base);
  }
}

/** @param {Element} element @param {string} name @param {string} value @param {string} base */
function lead(element, name, value, base) {
  if (name === "href" && value[0] === "#") return;
  const url = URL.canParse(value, base) && new URL(value, base);
  const safe =
    url &&
    (name === "href"
      ? /^(https?|mailto):$/.test(url.protocol)
      : name === "src"
        ? [location.origin, new URL(base).origin].includes(url.origin)
        : url.href.startsWith(base + "/"));
  if (safe) element.setAttribute(name, url.href);
  else element.removeAttribute(name);
}

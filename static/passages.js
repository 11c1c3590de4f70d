// @ts-check
// An article as one text, and the way between places in that text and places in the page.

/**
 * @typedef {object} TextMap
 * @property {string} text as it stands in the page, with a newline between blocks
 * @property {{ node: Text, start: number }[]} nodes in order; where each begins in the text
 */

// What a reader does not read, or is ours. A style that hides something is not asked: it depends on
// the width of the page, and a folded part is still a part of the article.
const SKIPPED =
  "script, style, noscript, template, textarea, select, svg, [hidden]:not([hidden=until-found]), comment-thread, comment-count, [data-comments-own]";
const INLINE =
  /^(a|abbr|b|bdi|bdo|big|cite|code|comment-anchor|data|del|dfn|em|font|i|ins|kbd|label|mark|output|q|ruby|s|samp|small|span|strike|strong|sub|sup|time|tt|u|var|wbr)$/;

/**
 * The text of a part of the page.
 * @param {Element} root
 * @returns {TextMap}
 */
export function textOf(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, skip);
  const nodes = [];
  let text = "";
  /** @type {Element | null} */
  let last = null;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node instanceof Element) {
      if (node.localName === "br") text += "\n";
      continue;
    }
    const block = blockOf(/** @type {Element} */ (node.parentNode), root);
    if (last && block !== last && !text.endsWith("\n")) text += "\n";
    last = block;
    nodes.push({ node: /** @type {Text} */ (node), start: text.length });
    const { data } = /** @type {Text} */ (node);
    text += block.closest("pre") ? data : data.replace(/\s/g, " ");
  }
  return { text, nodes };
}

/** @param {Node} node */
function skip(node) {
  return node instanceof Element && node.matches(SKIPPED) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT;
}

/** @param {Element} element @param {Element} root */
function blockOf(element, root) {
  let block = element;
  while (block !== root && INLINE.test(block.localName)) block = /** @type {Element} */ (block.parentNode);
  return block;
}

/**
 * The place in the page of a part of the text, without the newlines around it.
 * @param {TextMap} map @param {number} start @param {number} end
 */
export function rangeOf({ nodes }, start, end) {
  const range = document.createRange();
  const first = nodes[search(nodes, start)];
  const last = nodes[search(nodes, end - 1)];
  range.setStart(first.node, Math.min(start - first.start, first.node.length));
  range.setEnd(last.node, Math.min(end - last.start, last.node.length));
  return range;
}

/**
 * Where a part of the page is in the text: [start, end], or null where it holds nothing of it.
 * @param {TextMap} map @param {Range} range
 */
export function offsetsOf({ nodes }, range) {
  const inside = nodes.filter(({ node }) => range.intersectsNode(node));
  if (!inside.length) return null;
  const [first, last] = [inside[0], inside[inside.length - 1]];
  const start = first.start + (first.node === range.startContainer ? range.startOffset : 0);
  const end = last.start + (last.node === range.endContainer ? range.endOffset : last.node.length);
  return start < end ? [start, end] : null;
}

/** The last node that begins at or before *offset*. @param {TextMap["nodes"]} nodes @param {number} offset */
function search(nodes, offset) {
  let [low, high] = [0, nodes.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (nodes[middle].start <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

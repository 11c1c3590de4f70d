// @ts-check
import { CommentThread } from "./comment-thread.js";

/** `<comment-count thread="KEY" [base lang]>`: the number alone. Few pages have one. */
class CommentCount extends HTMLElement {
  static observedAttributes = ["thread"];

  async connectedCallback() {
    (await import("./comment-count.js")).count(this);
  }

  attributeChangedCallback() {
    if (this.isConnected) this.connectedCallback();
  }
}

// A second copy on the page would throw.
if (!customElements.get("comment-thread")) {
  customElements.define("comment-thread", CommentThread);
  customElements.define("comment-count", CommentCount);
}

// Types for the checker alone; no page loads this file.

export interface Author {
  name: string;
  kind: "guest" | "user" | "moderator";
  badge: string | null;
  avatar: string | null;
  website: string | null;
}

export interface CommentJson {
  id: number;
  parent: number | null;
  state: "published" | "pending" | "rejected" | "deleted";
  html: string;
  author: Author | null;
}

/** A passage as the API tells it (W3C Web Annotation selectors). */
export interface AnchorJson {
  selector: { type: string; exact?: string; prefix?: string; suffix?: string; start?: number; end?: number }[];
  question: string | null;
  name: string | null;
}

/** One of `GET /api/v1/anchors`. */
export interface PassageJson {
  passage: string;
  count: number;
  anchor: AnchorJson;
}

/** A passage, its selectors laid flat; the question and the name are the author's, by the word of who sent it. */
export interface Told {
  exact: string;
  prefix: string;
  suffix: string;
  start: number;
  end: number;
  question: string | null;
  name: string | null;
}

/** What comments are about, and where that is in the page; without an id nobody has written yet. */
export interface About extends Told {
  id: string;
  count: number;
  /** What the article itself asks there. */
  asks: string | null;
  range: Range;
}

/** What is in the article no more. */
export interface Lost extends Omit<About, "range"> {
  range: null;
}

/** The reader's own layer, `GET /api/v1/me`. */
export interface Me {
  viewer: Author | null;
  can?: Record<string, boolean>;
  votes: Record<string, number>;
  own: Record<string, { editable_until: string }>;
  /** The Markdown of own comments. */
  sources: Record<string, string>;
  fragments?: Record<string, string>;
  /** What of the thread the reader is mailed: `none`, `replies` or `all`. */
  notify?: string;
}

/** What waits in a thread, `GET /api/v1/waiting`; versions and fragments by the comment's number. */
export interface Waiting {
  versions: Record<string, number>;
  fragments: Record<string, string>;
  words: Record<string, string>;
}

/** What has happened in a thread, `GET /api/v1/pulse`. */
export interface PulseJson {
  revision: number;
  count: number;
  new: number;
  /** When a comment last came, changed or went; votes do not move it. */
  changed: number;
  /** Further threads, and the numbers alone of others, by their keys. */
  others?: Record<string, PulseJson>;
  counts?: Record<string, number>;
}

/** What a decision of a moderator came to. */
export interface DecidedJson {
  status: string;
  batch: string;
  version: number;
  fragment: string;
}

/** What `comments:before-post` shows; a listener may change it. */
export interface Draft {
  thread: { key: string; url: string; title: string };
  parent: number | null;
  anchor?: AnchorJson;
  body: string;
  name?: string;
  email?: string;
  website?: string;
  /** What no person fills in. */
  subject?: string;
  /** What its writer wants to be mailed: `replies`, `all`, or what is below this `comment`. */
  notify?: string;
  /** The small sum that this browser has done. */
  work?: { challenge: string; nonce: string };
}

/** A text that is being written, as localStorage keeps it. */
export interface KeptDraft {
  body: string;
  /** The Idempotency-Key of the first attempt; a changed text gets another. */
  key?: string;
}

/** A refusal (RFC 9457), or an error of the network without a detail. */
export interface Problem extends Error {
  detail?: string;
  status?: number;
  code?: string;
  errors?: Record<string, string>;
  retryAfter?: number;
}

/** What a moderator's press of a button is answered with. */
export interface Decided {
  /** The notice, as HTML. */
  notice?: string;
  counts?: Record<string, string>;
  /** The comment as it stands now, as HTML; whether it still belongs into the list. */
  entry?: string;
  stays?: boolean;
  /** Ids that have left the list, or more than a page shows. */
  gone?: number[] | "all";
  /** The one comment that was taken back. */
  comment?: number | null;
  entries?: string;
  seen?: string;
  /** Of a refusal. */
  detail?: string;
  code?: string;
}

export type Words =
  | "published" | "waiting" | "rejected" | "save" | "offline"
  | "until" | "left" | "shown";

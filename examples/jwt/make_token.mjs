// A token that signs one reader in at the comments. Needs nothing but Node.
import { createHmac } from "node:crypto";
import { pathToFileURL } from "node:url";

export function commentsToken(secret, site, id, name, { avatar, moderator } = {}) {
  const claims = {
    aud: site, // this site's origin, exactly: https://blog.example
    sub: String(id), // your lasting id of the reader
    name,
    exp: Math.floor(Date.now() / 1000) + 300, // good for five minutes
    avatar, // left out where there is none
    moderator,
  };
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [id, name] = process.argv.slice(2);
  console.log(commentsToken(process.env.SECRET, process.env.SITE, id, name));
}

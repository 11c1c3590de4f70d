// An OpenID provider with one client and a page on which one says who one is, for trying things
// out: anybody gets in as anybody. The login decides what the provider tells: see `told`.
import { Provider } from "oidc-provider";

const { PORT = "4000", CLIENT_ID = "comments", CLIENT_SECRET = "the-secret-of-the-client" } = process.env;
const issuer = `http://127.0.0.1:${PORT}`;

const told = (login) => ({
  sub: login,
  name: login === "nameless" ? undefined : login[0].toUpperCase() + login.slice(1),
  email: login === "silent" ? undefined : `${login}@people.example`,
  email_verified: login !== "unverified",
  picture: `https://pictures.example/${login}.png`,
});

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
      redirect_uris: ["http://comments.test/comments/sign-in/from/oidc"],
      response_types: ["code"],
      grant_types: ["authorization_code"],
    },
  ],
  claims: { openid: ["sub"], profile: ["name", "picture"], email: ["email", "email_verified"] },
  cookies: { keys: ["only for tests"] },
  features: { devInteractions: { enabled: false } },
  pkce: { required: () => true },
  interactions: { url: (_context, { uid }) => `/who/${uid}` },
  findAccount: (_context, id) => ({ accountId: id, claims: () => told(id) }),
  // Whoever signs in agrees to everything.
  async loadExistingGrant({ oidc }) {
    const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
    grant.addOIDCScope("openid profile email");
    await grant.save();
    return grant;
  },
});

// The service may stand on any port of this machine.
const back = /^http:\/\/(comments\.test|localhost)(:\d+)?\/comments\/sign-in\/from\/oidc$/;
provider.Client.prototype.redirectUriAllowed = (uri) => back.test(uri);

const page = `<!doctype html><html lang="en"><title>Provider</title><form method="post">
<label>Who are you? <input name="login" autofocus></label>
<button>Sign in</button> <button name="cancel" value="1">Cancel</button></form>`;

provider.use(async (context, next) => {
  if (!context.path.startsWith("/who/")) return next();
  if (context.method === "GET") {
    context.type = "html";
    context.body = page;
    return;
  }
  const chunks = [];
  for await (const chunk of context.req) chunks.push(chunk);
  const given = new URLSearchParams(Buffer.concat(chunks).toString());
  const result = given.has("cancel")
    ? { error: "access_denied", error_description: "the reader pressed Cancel" }
    : { login: { accountId: given.get("login") } };
  await provider.interactionFinished(context.req, context.res, result);
});

provider.listen(Number(PORT), "127.0.0.1", () => console.log(`listening at ${issuer}`));

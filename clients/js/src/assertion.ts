import { NotBelieved } from "./errors.js";
import { verified, type Kind } from "./jws.js";
import type { KeySource } from "./keys.js";
import { maybe, object, text, texts, told, whole, type Members } from "./shapes.js";

const ASSERTION: Kind = { typ: "gatehouse-assertion+jwt", purpose: "assertion" };
/** Two machines of one installation may differ by this many seconds. */
const CLOCK_SKEW = 5;

/** What the gateway says of a person to one app. What the app may not learn is absent. Moments in seconds. */
export interface Assertion {
  /** The lasting id of her account: the one thing to key on. */
  readonly sub: string;
  readonly preferred_username?: string;
  readonly name?: string;
  /** What a provider said. Key on it only where `email_verified` is true. */
  readonly email?: string;
  readonly email_verified?: boolean;
  /** Sorted; empty where the app may not learn them. */
  readonly roles: readonly string[];
  readonly provider?: string;
  readonly acr?: string;
  readonly auth_time?: number;
  readonly iat: number;
  readonly exp: number;
  readonly jti?: string;
}

export interface AssertionOptions {
  /** The gateway's origin: `https://gateway.corp.example`. */
  readonly issuer: string;
  /** This app's own origin: an assertion for another app is no good here. */
  readonly audience: string;
  readonly keys: KeySource;
  /** Seconds since 1970; this machine's clock if left out. */
  readonly now?: number;
}

/** Who is asking, by the value of `X-Gatehouse-Assertion`. Throws NotBelieved, KeysUnavailable. */
export async function verifyAssertion(token: string, options: AssertionOptions): Promise<Assertion> {
  const said = object(await verified(token, ASSERTION, options.keys));
  if (said["iss"] !== options.issuer) throw new NotBelieved("said by another issuer");
  if (said["aud"] !== options.audience) throw new NotBelieved("said to another audience");
  const now = options.now ?? Date.now() / 1000;
  const iat = whole(said, "iat");
  const exp = whole(said, "exp");
  if (iat > now + CLOCK_SKEW) throw new NotBelieved("issued in the future");
  if (now >= exp + CLOCK_SKEW) throw new NotBelieved("expired");
  return told<Assertion>({
    sub: text(said, "sub"),
    preferred_username: maybe(said, "preferred_username", text),
    name: maybe(said, "name", text),
    email: maybe(said, "email", text),
    email_verified: maybe(said, "email_verified", isTrue),
    roles: maybe(said, "roles", texts) ?? [],
    provider: maybe(said, "provider", text),
    acr: maybe(said, "acr", text),
    auth_time: maybe(said, "auth_time", whole),
    iat,
    exp,
    jti: maybe(said, "jti", text),
  });
}

function isTrue(from: Members, name: string): boolean {
  return from[name] === true;
}

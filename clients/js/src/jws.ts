import { compactVerify, decodeProtectedHeader, errors } from "jose";
import { NotBelieved } from "./errors.js";
import type { KeySource, Purpose } from "./keys.js";

/** The largest content that the gateway signs, in bytes. */
export const MAX_BYTES = 64_000;
/** What was signed for one purpose is never believed for another (RFC 8725, 3.11). */
export interface Kind {
  readonly typ: string;
  readonly purpose: Purpose;
}
const HEADER = ["alg", "kid", "typ"];

/**
 * The content of a compact JWS (RFC 7515, 7.1) that one of the keys for this kind of thing signed, by ES256. Its
 * header is exactly `alg`, `kid` and `typ`: keys and addresses in it are refused, not read.
 * Throws NotBelieved, KeysUnavailable.
 */
export async function verified(token: string, kind: Kind, keys: KeySource): Promise<Uint8Array> {
  if (token.length > 2 * MAX_BYTES) throw new NotBelieved("too large");
  if (!token.split(".").every(isCanonical)) throw new NotBelieved("no compact JWS");
  const header = headerOf(token);
  if (Object.keys(header).sort().join() !== HEADER.join()) {
    throw new NotBelieved("the header has other members than alg, kid and typ");
  }
  if (header["typ"] !== kind.typ) throw new NotBelieved(`signed for another purpose than ${kind.typ}`);
  const id = header["kid"];
  const key = typeof id === "string" ? await keys.withId(id, kind.purpose) : undefined;
  if (key === undefined) throw new NotBelieved("signed under a key that the gateway does not show");
  try {
    const { payload } = await compactVerify(token, key, { algorithms: ["ES256"] });
    if (payload.length > MAX_BYTES) throw new NotBelieved("too large");
    return payload;
  } catch (error) {
    if (error instanceof errors.JOSEError) throw new NotBelieved(`no signature of the gateway: ${error.code}`);
    throw error;
  }
}

/** Whether this is the one spelling of its bytes: what is signed must not have a second form. */
function isCanonical(part: string): boolean {
  return part !== "" && Buffer.from(part, "base64url").toString("base64url") === part;
}

function headerOf(token: string): Readonly<Record<string, unknown>> {
  try {
    return decodeProtectedHeader(token) as Readonly<Record<string, unknown>>;
  } catch {
    throw new NotBelieved("the header is no JSON object");
  }
}

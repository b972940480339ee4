import { createHash, createHmac, timingSafeEqual } from "node:crypto";

const MAX_HEADER = 16_384;
const OURS = /(?:^|;)[ \t]*__Host-gatehouse=([^;]*)/g;
const VALUE =
  /^(?<bound>1\.(?<key>[a-z0-9]{1,32})\.(?<tag>[0-9a-f]{3})\.(?<random>[A-Za-z0-9_-]{43}))\.(?<mac>[A-Za-z0-9_-]{43})[ \t]*$/;

/** The binding keys of one host, as the gateway gives them to its app: id to 32 bytes. */
export type BindingKeys = ReadonlyMap<string, Uint8Array>;

/**
 * The handle (`TAG.SHA`) that a whole `Cookie` header names on this `host[:port]`, or null: for two
 * cookies of the name, for another host's, and for whatever the gateway did not write. Never throws.
 */
export function readCookie(header: string, host: string, keys: BindingKeys): string | null {
  const found = header.length <= MAX_HEADER ? [...header.matchAll(OURS)] : [];
  const { bound, key: id, tag, random, mac } = (found.length === 1 && VALUE.exec(found[0]?.[1] ?? "")?.groups) || {};
  const key = id === undefined ? undefined : keys.get(id);
  if (key === undefined || mac === undefined || random === undefined) return null;
  const made = createHmac("sha256", key).update(`${bound}.${host}`).digest("base64url");
  // Compared as text: of the spellings of a MAC only one is the gateway's.
  if (!timingSafeEqual(Buffer.from(mac), Buffer.from(made))) return null;
  return `${tag}.${createHash("sha256").update(random).digest("hex")}`;
}

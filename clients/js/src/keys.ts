import { debuglog } from "node:util";
import { importJWK, type CryptoKey, type JWK } from "jose";
import { KeysUnavailable } from "./errors.js";
import { object } from "./shapes.js";

/** What a key signs: the edge, which signs assertions, must not be believed about a record. */
export type Purpose = "assertion" | "record";

/** Public keys by what they sign and their ids. */
export interface KeySource {
  /** Undefined where there is no such key. Throws KeysUnavailable where that cannot be known. */
  withId(id: string, purpose: Purpose): Promise<CryptoKey | undefined>;
}

const log = debuglog("gatehouse");

/** By purpose and id, with a space between. */
type Found = ReadonlyMap<string, CryptoKey>;

/** Keys that the gateway was asked for are taken as they are for this long, ms. */
const FRESH = 300_000;
/** While the gateway is away, what it last said counts this long, ms; then nothing counts. */
const KEPT = 3_600_000;
/** Made-up ids must not each become a request, ms. */
const ASK_AGAIN = 60_000;
/** Where not one key is known nothing works: this is asked more often, ms. */
const ASK_FIRST = 5_000;
const FETCH_LIMIT = 5_000;
const MAX_BYTES = 1_000_000;

/** These keys and no others: a JWK Set (RFC 7517, 5) that was read from a file. */
export async function fixedKeys(jwks: { readonly keys: readonly unknown[] }): Promise<KeySource> {
  const found = await imported(jwks.keys);
  return { withId: async (id, purpose) => found.get(`${purpose} ${id}`) };
}

/**
 * The keys that the gateway shows at `/.well-known/jwks.json`: asked for when needed and every five minutes,
 * for an unknown id at most once a minute. Whoever can answer for this address is believed: https, or a
 * network of your own.
 */
export class GatewayKeys implements KeySource {
  readonly #url: URL;
  readonly #clock: () => number;
  #found: Found = new Map();
  #known = -Infinity; // when the gateway last told
  #asked = -Infinity;
  #asking: Promise<void> | undefined;

  /** `clock` goes up by one a millisecond and never back. */
  constructor(url: string | URL, clock: () => number = () => performance.now()) {
    this.#url = new URL(url);
    this.#clock = clock;
    if (!/^https?:$/.test(this.#url.protocol)) throw new TypeError("keys are fetched by http or https");
  }

  async withId(id: string, purpose: Purpose): Promise<CryptoKey | undefined> {
    const name = `${purpose} ${id}`;
    const key = this.#usable() ? this.#found.get(name) : undefined;
    if (key === undefined || this.#clock() - this.#known >= FRESH) this.#ask();
    if (key !== undefined) return key; // whoever can be answered does not wait for the gateway
    await this.#asking;
    if (!this.#usable()) throw new KeysUnavailable("the gateway does not tell its keys");
    return this.#found.get(name);
  }

  #usable(): boolean {
    return this.#clock() - this.#known < KEPT;
  }

  #ask(): void {
    const now = this.#clock();
    if (this.#asking || now - this.#asked < (this.#usable() ? ASK_AGAIN : ASK_FIRST)) return;
    this.#asked = now;
    this.#asking = fetched(this.#url)
      .then((found) => {
        this.#found = found;
        this.#known = now;
      })
      .catch((error: unknown) => log("what is known stays good for a while: %s", error))
      .finally(() => {
        this.#asking = undefined;
      });
  }
}

async function fetched(url: URL): Promise<Found> {
  const answer = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(FETCH_LIMIT) });
  if (answer.status !== 200 || answer.body === null) {
    await answer.body?.cancel();
    throw new KeysUnavailable(`the gateway answered ${answer.status}`);
  }
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of answer.body as AsyncIterable<Uint8Array>) {
    size += part.length;
    if (size > MAX_BYTES) throw new KeysUnavailable("the gateway’s answer is too large");
    parts.push(part);
  }
  const said = object(Buffer.concat(parts))["keys"];
  if (!Array.isArray(said)) throw new KeysUnavailable("no JWK Set");
  return imported(said);
}

/** Its public keys for ES256; others belong to other readers. */
async function imported(said: readonly unknown[]): Promise<Found> {
  const found = new Map<string, CryptoKey>();
  for (const jwk of said.filter(isOurs)) {
    const { kid, purpose, kty, crv, x, y } = jwk;
    try {
      found.set(`${purpose} ${kid}`, (await importJWK({ kty, crv, x, y }, "ES256")) as CryptoKey);
    } catch {
      continue; // no point of the curve
    }
  }
  return found;
}

type Ours = { kid: string; purpose: string; kty: string; crv: string; x: string; y: string };

function isOurs(said: unknown): said is Ours {
  const jwk = said as Partial<JWK & { purpose: unknown }> | null;
  return (
    jwk?.kty === "EC" &&
    jwk.crv === "P-256" &&
    typeof jwk.kid === "string" &&
    typeof jwk.purpose === "string" &&
    (jwk.alg ?? "ES256") === "ES256" &&
    (jwk.use ?? "sig") === "sig"
  );
}

import { NotBelieved } from "./errors.js";
import { MAX_BYTES, verified, type Kind } from "./jws.js";
import type { KeySource } from "./keys.js";
import { maybe, object, text, texts, told, whole, type Members } from "./shapes.js";

const RECORD: Kind = { typ: "gatehouse-session+jws", purpose: "record" };
const HANDLE = /^[0-9a-f]{3}\.[0-9a-f]{64}$/;
/** The version of before, this one and the one to come: machines are upgraded one by one. */
const OLDER = 1;
const KNOWN: readonly unknown[] = [2, 3];
/** The last second of the year 9999. */
const LAST_MOMENT = 253_402_300_799;

/** A session, by the names of docs/session-format.md, which says what each means. Moments in seconds. */
export interface SessionRecord {
  readonly v: number;
  readonly gen: number;
  readonly sub: string;
  readonly user: string;
  readonly name: string;
  readonly email?: string;
  readonly vouched?: true;
  readonly roles: readonly string[];
  readonly provider: string;
  readonly sid?: string;
  readonly acr?: string;
  readonly amr?: readonly string[];
  readonly auth_time: number;
  readonly iat: number;
  readonly exp: number;
  readonly idle: number;
  readonly rules: number;
  readonly stay?: true;
  readonly ua?: string;
  readonly cc?: string;
  readonly told?: true;
}

/**
 * The session that Redis holds under this handle (`TAG.SHA`), now (seconds since 1970).
 * Throws NotBelieved, KeysUnavailable.
 */
export async function readRecord(
  value: Uint8Array | string,
  handle: string,
  keys: KeySource,
  now: number = Date.now() / 1000,
): Promise<SessionRecord> {
  if (!HANDLE.test(handle)) throw new NotBelieved("no handle");
  const said = await content(Buffer.from(value), handle, keys);
  const record = sessionOf(said);
  if (now >= record.exp) throw new NotBelieved("expired");
  return record;
}

async function content(raw: Buffer, handle: string, keys: KeySource): Promise<Members> {
  const begins = raw.indexOf("{"); // neither base64url nor a dot
  if (begins < 0) return older(raw, handle, keys);
  const json = raw.subarray(begins);
  if (json.length > MAX_BYTES) throw new NotBelieved("too large");
  const signature = raw.toString("latin1", 0, begins);
  const cut = signature.indexOf("..");
  if (cut < 0) throw new NotBelieved("no detached signature");
  const signed = Buffer.concat([Buffer.from(`${handle}\n`), json]).toString("base64url");
  await verified(`${signature.slice(0, cut)}.${signed}.${signature.slice(cut + 2)}`, RECORD, keys);
  const said = object(json);
  if (!KNOWN.includes(said["v"])) throw new NotBelieved("of a version that nobody knows");
  return said;
}

async function older(raw: Buffer, handle: string, keys: KeySource): Promise<Members> {
  const said = object(await verified(raw.toString("latin1"), RECORD, keys));
  if (said["v"] !== OLDER) throw new NotBelieved("of a version that nobody knows");
  if (said["key"] !== handle) throw new NotBelieved("written for another key");
  return { iat: said["auth_time"], ...said };
}

function sessionOf(said: Members): SessionRecord {
  return told<SessionRecord>({
    v: whole(said, "v"),
    gen: whole(said, "gen"),
    sub: text(said, "sub"),
    user: text(said, "user"),
    name: text(said, "name"),
    email: maybe(said, "email", text),
    vouched: maybe(said, "vouched", yes),
    roles: texts(said, "roles"),
    provider: text(said, "provider"),
    sid: maybe(said, "sid", text),
    acr: maybe(said, "acr", text),
    amr: maybe(said, "amr", texts),
    auth_time: moment(said, "auth_time"),
    iat: moment(said, "iat"),
    exp: moment(said, "exp"),
    idle: whole(said, "idle"),
    rules: whole(said, "rules"),
    stay: maybe(said, "stay", yes),
    ua: maybe(said, "ua", text),
    cc: maybe(said, "cc", text),
    told: maybe(said, "told", yes),
  });
}

function moment(said: Members, name: string): number {
  const value = whole(said, name);
  if (value > LAST_MOMENT) throw new NotBelieved(`${name} is in no calendar`);
  return value;
}

function yes(said: Members, name: string): true | undefined {
  return said[name] === true ? true : undefined;
}

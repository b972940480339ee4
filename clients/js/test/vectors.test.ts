// What every reader of Gatehouse sessions must say yes and no to.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fixedKeys, NotBelieved, readCookie, readRecord, verifyAssertion } from "../src/index.js";

type Said = Record<string, unknown>;
interface Vectors {
  jwks: { keys: object[] };
  records: { now: number; cases: { why: string; handle: string; value: string; session: Said | null }[] };
  assertions: {
    issuer: string;
    audience: string;
    now: number;
    cases: { why: string; token: string; claims: Said | null }[];
  };
  cookies: {
    host: string;
    binding_keys: Record<string, string>;
    cases: { why: string; header: string; handle: string | null }[];
  };
}

const file = new URL("../../../vectors/sessions.json", import.meta.url);
const vectors = JSON.parse(readFileSync(file, "utf8")) as Vectors;
const keys = await fixedKeys(vectors.jwks);

for (const { why, handle, value, session } of vectors.records.cases) {
  test(`a record: ${why}`, async () => {
    const read = readRecord(Buffer.from(value), handle, keys, vectors.records.now);
    if (session === null) return assert.rejects(read, NotBelieved);
    const { key: _, ...said } = session;
    return assert.deepEqual(await read, said);
  });
}

for (const { why, token, claims } of vectors.assertions.cases) {
  test(`an assertion: ${why}`, async () => {
    const { issuer, audience, now } = vectors.assertions;
    const read = verifyAssertion(token, { issuer, audience, keys, now });
    if (claims === null) return assert.rejects(read, NotBelieved);
    return assert.deepEqual({ ...(await read), ...claims }, await read);
  });
}

for (const { why, header, handle } of vectors.cookies.cases) {
  test(`a cookie: ${why}`, () => {
    const { host, binding_keys } = vectors.cookies;
    const mine = new Map(Object.entries(binding_keys).map(([id, key]) => [id, Buffer.from(key, "hex")]));
    assert.equal(readCookie(header, host, mine), handle);
  });
}

test("a handle that is none is refused, whatever stands there", async () => {
  const [good] = vectors.records.cases;
  const read = readRecord(good!.value, `${good!.handle}\n{`, keys, vectors.records.now);
  await assert.rejects(read, /no handle/);
});

test("a header of cookies that is very long is not looked through", () => {
  const [good] = vectors.cookies.cases;
  const mine = new Map(
    Object.entries(vectors.cookies.binding_keys).map(([id, key]) => [id, Buffer.from(key, "hex")]),
  );
  const filled = (length: number): string => `${good!.header};x=`.padEnd(length, "x");
  assert.equal(readCookie(filled(16_384), vectors.cookies.host, mine), good!.handle);
  assert.equal(readCookie(filled(16_385), vectors.cookies.host, mine), null);
});

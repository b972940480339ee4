import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, beforeEach, test } from "node:test";
import { fixedKeys, GatewayKeys, KeysUnavailable, NotBelieved, readRecord, verifyAssertion } from "../src/index.js";
import { AUDIENCE, Gateway } from "./gateway.js";

let gateway: Gateway;
let now: number;
let keys: GatewayKeys;
before(async () => {
  gateway = await Gateway.start();
});
after(() => gateway.stop());
beforeEach(() => {
  now = 0;
  gateway.asked = 0;
  gateway.answer = (_, response) => response.end(JSON.stringify({ keys: gateway.keys }));
  keys = new GatewayKeys(gateway.jwksUrl, () => now);
});
const away = (): void => {
  gateway.answer = (_, response) => response.writeHead(500).end();
};
/** Until what goes on behind an answer has ended. */
const settled = async (asked: number): Promise<void> => {
  while (gateway.asked < asked) await new Promise(setImmediate);
  for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
};

test("keys are asked for once, however many want them", async () => {
  const found = await Promise.all([keys.withId(gateway.kid, "assertion"), keys.withId(gateway.kid, "assertion"), keys.withId(gateway.kid, "assertion")]);
  assert.ok(found.every(Boolean));
  assert.equal(gateway.asked, 1);
});

test("an unknown id asks the gateway at most once a minute", async () => {
  await keys.withId(gateway.kid, "assertion");
  const kid = await gateway.turnKeys();
  now = 59_999;
  assert.equal(await keys.withId(kid, "assertion"), undefined);
  assert.equal(gateway.asked, 1);
  now = 60_000;
  assert.ok(await keys.withId(kid, "assertion"));
  assert.equal(await keys.withId("made-up", "assertion"), undefined);
  assert.equal(await keys.withId("made-up-2", "assertion"), undefined);
  assert.equal(gateway.asked, 2);
});

test("a key that the gateway took away is good for five minutes at most", async () => {
  const old = gateway.kid;
  await keys.withId(old, "assertion");
  await gateway.turnKeys();
  now = 299_999;
  assert.ok(await keys.withId(old, "assertion"));
  now = 300_000;
  assert.ok(await keys.withId(old, "assertion")); // this one did not wait
  await settled(2);
  assert.equal(await keys.withId(old, "assertion"), undefined);
});

test("while the gateway is away its keys are good for an hour, then nobody is believed and nobody refused", async () => {
  await keys.withId(gateway.kid, "assertion");
  away();
  now = 3_599_999;
  assert.ok(await keys.withId(gateway.kid, "assertion"));
  await settled(2);
  now = 3_600_000;
  await assert.rejects(keys.withId(gateway.kid, "assertion"), KeysUnavailable);
  now += 5_000;
  gateway.answer = (_, response) => response.end(JSON.stringify({ keys: gateway.keys }));
  assert.ok(await keys.withId(gateway.kid, "assertion"));
});

test("a gateway that was never reached is asked again after five seconds", async () => {
  away();
  await assert.rejects(keys.withId("a", "assertion"), KeysUnavailable);
  now = 4_999;
  await assert.rejects(keys.withId("a", "assertion"), KeysUnavailable);
  assert.equal(gateway.asked, 1);
  now = 5_000;
  await assert.rejects(keys.withId("a", "assertion"), KeysUnavailable);
  assert.equal(gateway.asked, 2);
});

const large = (): string => JSON.stringify({ keys: gateway.keys }).padEnd(1_000_001);
for (const [why, answer] of [
  ["a very long answer", (): string => large()],
  ["no JSON", (): string => "<p>keys</p>"],
  ["a list", (): string => JSON.stringify(gateway.keys)],
  ["keys that are no list", (): string => JSON.stringify({ keys: {} })],
] as const) {
  test(`${why} is no set of keys`, async () => {
    gateway.answer = (_, response) => response.end(answer());
    await assert.rejects(keys.withId(gateway.kid, "assertion"), KeysUnavailable);
  });
}

test("keys in an answer that says that it failed do not count", async () => {
  gateway.answer = (_, response) => response.writeHead(500).end(JSON.stringify({ keys: gateway.keys }));
  await assert.rejects(keys.withId(gateway.kid, "assertion"), KeysUnavailable);
});

test("the gateway is not asked again while it has not answered", async () => {
  let answer = (): void => undefined;
  gateway.answer = (_, response) => {
    answer = (): void => void response.end(JSON.stringify({ keys: gateway.keys }));
  };
  const first = keys.withId(gateway.kid, "assertion");
  while (gateway.asked < 1) await new Promise(setImmediate);
  now = 6_000;
  const second = keys.withId(gateway.kid, "assertion");
  await settled(1);
  assert.equal(gateway.asked, 1);
  answer();
  assert.ok((await first) && (await second));
});

test("a redirect is not followed", async () => {
  gateway.answer = (request, response) => {
    if (request.url === "/elsewhere") response.end(JSON.stringify({ keys: gateway.keys }));
    else response.writeHead(302, { location: "/elsewhere" }).end();
  };
  await assert.rejects(keys.withId(gateway.kid, "assertion"), KeysUnavailable);
  assert.equal(gateway.asked, 1);
});

test("an answer that does not end is given up", async () => {
  let hung: Promise<unknown> | undefined;
  gateway.answer = (_, response) => {
    response.write("{");
    hung = once(response, "close");
  };
  await assert.rejects(keys.withId(gateway.kid, "assertion"), KeysUnavailable);
  await hung;
});

test("keys for other things, and what is no point of the curve, are passed over", async () => {
  const [good] = gateway.keys;
  const strange = [
    null,
    "key",
    { ...good, kid: "other-curve", crv: "P-384" },
    { ...good, kid: "other-use", use: "enc" },
    { ...good, kid: "other-algorithm", alg: "ES384" },
    { ...good, kid: "off", x: good?.y },
    { ...good, kid: "other-purpose", purpose: "record" },
    { ...good, kid: "no-purpose", purpose: undefined },
    { ...good, kid: "odd-purpose", purpose: ["assertion"] },
    { ...good, kid: 7 },
  ];
  const fixed = await fixedKeys({ keys: [...strange, good] });
  for (const id of ["other-curve", "other-use", "other-algorithm", "off", "other-purpose", "no-purpose", "odd-purpose"]) {
    assert.equal(await fixed.withId(id, "assertion"), undefined, id);
  }
  assert.ok(await fixed.withId(gateway.kid, "assertion"));
});

test("keys are fetched by http or https alone", () => {
  assert.throws(() => new GatewayKeys("file:///etc/keys.json"), TypeError);
});

test("a very large assertion or record is refused although it is signed", async () => {
  const said = (length: number): Promise<string> => gateway.assertion({ name: "x".repeat(length) });
  const options = { issuer: gateway.issuer, audience: AUDIENCE, keys };
  assert.equal((await verifyAssertion(await said(60_000), options)).sub, "ada-1");
  await assert.rejects(verifyAssertion(await said(64_000), options), /too large/);
  await assert.rejects(verifyAssertion("a".repeat(128_001), options), /too large/);
  await assert.rejects(readRecord("{".padEnd(64_001), `abc.${"0".repeat(64)}`, keys), /too large/);
});

test("an assertion of nobody, or with something else for roles, is refused", async () => {
  const options = { issuer: gateway.issuer, audience: AUDIENCE, keys };
  for (const said of [{ sub: undefined }, { sub: 7 }, { roles: "root" }, { roles: [1] }, { name: {} }]) {
    await assert.rejects(verifyAssertion(await gateway.assertion(said), options), NotBelieved);
  }
  assert.deepEqual((await verifyAssertion(await gateway.assertion({ roles: undefined }), options)).roles, []);
});

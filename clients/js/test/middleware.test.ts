// The same, behind a real Express and a real Fastify.
import assert from "node:assert/strict";
import { createServer, request as send, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import makeExpress from "express";
import makeFastify from "fastify";
import { express } from "../src/express.js";
import { fastify } from "../src/fastify.js";
import type { GateOptions } from "../src/index.js";
import { AUDIENCE, closed, Gateway } from "./gateway.js";

interface Got {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Header names go out as they are written here, several of one name too. */
function get(port: number, headers: readonly (readonly [string, string])[], path = "/who"): Promise<Got> {
  return new Promise((done, failed) => {
    const asked = send({ port, path, headers: headers.flat(), agent: false }, (answer) => {
      let body = "";
      answer.setEncoding("utf8").on("data", (part: string) => (body += part));
      answer.on("end", () => done({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
    });
    asked.on("error", failed).end();
  });
}

const HOST = ["Host", "wiki.corp.example"] as const;

async function withExpress(options: GateOptions): Promise<Server> {
  const app = makeExpress();
  app.get("/open", (_, response) => void response.send("open"));
  app.use("/payslips", express({ ...options, roles: ["payroll", "chief"] }));
  app.use(express(options));
  app.use((request, response) => {
    const { headers, rawHeaders, headersDistinct } = request;
    response.json({ person: request.gatehouse, headers, rawHeaders, headersDistinct });
  });
  const server = createServer(app);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return server;
}

async function withFastify(options: GateOptions): Promise<Server> {
  const app = makeFastify();
  app.register(async (open) => {
    open.get("/open", async () => "open");
  });
  app.register(async (closely) => {
    closely.register(fastify({ ...options, roles: ["payroll", "chief"] }));
    closely.get("/payslips", async (request) => ({ person: request.gatehouse }));
  });
  app.register(async (inside) => {
    inside.register(fastify(options));
    inside.get("/*", async ({ gatehouse, headers, raw: { rawHeaders, headersDistinct } }) => {
      return { person: gatehouse, headers, rawHeaders, headersDistinct };
    });
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  return app.server;
}

for (const [name, start] of [["Express", withExpress], ["Fastify", withFastify]] as const) {
  describe(name, () => {
    let gateway: Gateway;
    let server: Server;
    let port: number;
    before(async () => {
      gateway = await Gateway.start();
      server = await start({ issuer: gateway.issuer, audience: AUDIENCE });
      port = (server.address() as AddressInfo).port;
    });
    after(async () => {
      await closed(server);
      await gateway.stop();
    });
    const with_ = (token: string): readonly (readonly [string, string])[] => [HOST, ["X-Gatehouse-Assertion", token]];

    test("whoever the gateway vouches for is let in, by name", async () => {
      const { status, body } = await get(port, with_(await gateway.assertion({ name: "Zoë" })));
      assert.equal(status, 200);
      const { person } = JSON.parse(body);
      assert.deepEqual([person.sub, person.name, person.roles], ["ada-1", "Zoë", ["auditor"]]);
    });

    test("without an assertion, with an empty one, two of them or one for another app it is 401", async () => {
      const good = await gateway.assertion();
      const other = await gateway.assertion({ aud: "https://payroll.corp.example" });
      for (const headers of [[HOST], with_(""), [...with_(good), ...with_(good).slice(1)], with_(other)]) {
        const { status, headers: got, body } = await get(port, headers);
        assert.equal(status, 401);
        assert.match(got["content-type"] ?? "", /^application\/problem\+json/);
        assert.equal(got["cache-control"], "no-store");
        assert.equal(JSON.parse(body).code, "session.none");
      }
    });

    test("an assertion under another spelling of the header is none", async () => {
      const good = await gateway.assertion();
      for (const spelling of ["X_Gatehouse_Assertion", "X-Gatehouse_Assertion", "X.Gatehouse.Assertion"]) {
        assert.equal((await get(port, [HOST, [spelling, good]])).status, 401, spelling);
      }
    });

    test("no other header that says who somebody is reaches the app", async () => {
      const spoofed = ["X-Gatehouse-User", "x_gatehouse_roles", "X-GATEHOUSE.Email", "Remote-User", "X-Forwarded-User"];
      const more = ["X-Auth-Request-Email", "X-Forwarded-Preferred-Username", "X_Remote_User", "X_Gatehouse_Assertion"];
      const headers = [...spoofed, ...more].map((spelling) => [spelling, "root-marker"] as const);
      const { status, body } = await get(port, [...with_(await gateway.assertion()), ...headers, ["X-Theme", "dark"]]);
      assert.equal(status, 200);
      assert.ok(!body.includes("root-marker"), body);
      assert.equal(JSON.parse(body).headers["x-theme"], "dark");
      assert.deepEqual(JSON.parse(body).headersDistinct["x-theme"], ["dark"]);
    });

    test("people get a page with a way to sign in and back, and no redirect that could go round", async () => {
      const page = [HOST, ["Accept", "text/html"]] as const;
      const { status, headers, body } = await get(port, page, "/who?a=1&b=%22%3E%3Cb%3E");
      assert.equal(status, 401);
      assert.match(headers["content-type"] ?? "", /^text\/html/);
      assert.match(body, /href="\/\.gatehouse\/start\?to=%2Fwho%3Fa%3D1%26b%3D%2522%253E%253Cb%253E"/);
    });

    test("whoever has none of the roles gets 403, and whoever has one comes in", async () => {
      const denied = await get(port, with_(await gateway.assertion()), "/payslips");
      assert.equal(denied.status, 403);
      assert.equal(JSON.parse(denied.body).code, "access.not-permitted");
      assert.equal((await get(port, with_(await gateway.assertion({ roles: ["chief"] })), "/payslips")).status, 200);
    });

    test("what stands outside it stays open", async () => {
      assert.equal((await get(port, [HOST], "/open")).body, "open");
    });

    test("while no key is to be had it is 503, and nobody is said to be signed out", async () => {
      const elsewhere = await start({ issuer: "http://127.0.0.1:9", audience: AUDIENCE });
      try {
        const { port: other } = elsewhere.address() as AddressInfo;
        const { status, headers, body } = await get(other, with_(await gateway.assertion()));
        assert.equal(status, 503);
        assert.equal(headers["retry-after"], "5");
        assert.equal(JSON.parse(body).code, "session.store-unavailable");
      } finally {
        await closed(elsewhere);
      }
    });
  });
}

import type { FastifyPluginAsync } from "fastify";
import type { Assertion } from "./assertion.js";
import { gate, isAnswer, type GateOptions } from "./gate.js";

declare module "fastify" {
  interface FastifyRequest {
    /** Who is asking; there behind the plugin of `@gatehouse/client/fastify`. */
    gatehouse: Assertion;
  }
}

/** A plugin for Fastify: `app.register(fastify({ ... }))` holds for the scope in which it stands. */
export function fastify(options: GateOptions): FastifyPluginAsync {
  const judge = gate(options);
  const plugin: FastifyPluginAsync = async (app) => {
    app.addHook("onRequest", async (request, reply) => {
      const found = await judge(request.raw, request.url);
      if (isAnswer(found)) return reply.code(found.status).headers(found.headers).send(found.body);
      request.gatehouse = found;
      return undefined;
    });
  };
  // Without it the hook would hold inside the plugin alone, where there are no routes.
  return Object.assign(plugin, { [Symbol.for("skip-override")]: true });
}

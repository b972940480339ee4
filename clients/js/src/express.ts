import type { IncomingMessage, ServerResponse } from "node:http";
import type { Assertion } from "./assertion.js";
import { gate, isAnswer, type GateOptions } from "./gate.js";

declare module "node:http" {
  interface IncomingMessage {
    /** Who is asking; there behind the middleware of `@gatehouse/client/express`. */
    gatehouse?: Assertion;
  }
}

type Request = IncomingMessage & { originalUrl?: string };
type Next = (error?: unknown) => void;

/** Middleware for Express, Connect and whatever else has their shape: `app.use(express({ ... }))`. */
export function express(options: GateOptions): (request: Request, response: ServerResponse, next: Next) => void {
  const judge = gate(options);
  return (request, response, next) => {
    judge(request, request.originalUrl ?? request.url ?? "/")
      .then((found) => {
        if (isAnswer(found)) return response.writeHead(found.status, found.headers).end(found.body);
        request.gatehouse = found;
        return undefined;
      })
      .then((answered) => answered ?? next(), next);
  };
}

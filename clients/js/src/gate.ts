import type { IncomingMessage } from "node:http";
import { debuglog } from "node:util";
import { verifyAssertion, type Assertion } from "./assertion.js";
import { KeysUnavailable, NotBelieved } from "./errors.js";
import { GatewayKeys, type KeySource } from "./keys.js";

const ASSERTION = "x-gatehouse-assertion";
/** Headers by which one proxy or another says who somebody is; a hyphen stands for what any spelling has there. */
const SAYS_WHO =
  /^(x-gatehouse-.*|x-auth-request-.*|(x-)?(remote|forwarded|authenticated|webauth)-(user|name|email|groups|roles|preferred-username))$/;
const log = debuglog("gatehouse"); // NODE_DEBUG=gatehouse tells why somebody was refused

export interface GateOptions {
  /** The gateway's origin: `https://gateway.corp.example`. */
  readonly issuer: string;
  /** This app's own origin, as it is declared at the gateway. */
  readonly audience: string;
  /** Whoever has any of these may enter; anybody who is signed in if left out. */
  readonly roles?: readonly string[];
  /** Those that the issuer shows, if left out. */
  readonly keys?: KeySource;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type Asked = Pick<IncomingMessage, "method" | "headers" | "headersDistinct" | "rawHeaders">;
export type Gate = (request: Asked, path: string) => Promise<Assertion | Answer>;

/**
 * Says who is asking, or what to answer her. Only the assertion is believed; afterwards no other header of the
 * request says who somebody is.
 */
export function gate(options: GateOptions): Gate {
  const keys = options.keys ?? new GatewayKeys(new URL("/.well-known/jwks.json", options.issuer));
  const { issuer, audience, roles } = options;
  return async (request, path) => {
    const token = request.headers[ASSERTION];
    forget(request);
    try {
      if (typeof token !== "string" || token === "") throw new NotBelieved("no assertion");
      const person = await verifyAssertion(token, { issuer, audience, keys });
      return roles && !roles.some((role) => person.roles.includes(role)) ? denied(request) : person;
    } catch (error) {
      if (error instanceof KeysUnavailable) return away(request, error);
      if (!(error instanceof NotBelieved)) throw error;
      log("refused: %s", error.message);
      return unknown(request, path);
    }
  };
}

export function isAnswer(found: Assertion | Answer): found is Answer {
  return "status" in found;
}

function forget(request: Asked): void {
  const says = (name: string): boolean => {
    const small = name.toLowerCase();
    return small !== ASSERTION && SAYS_WHO.test(small.replace(/[^a-z0-9]/g, "-"));
  };
  for (const headers of [request.headers, request.headersDistinct]) {
    for (const name of Object.keys(headers).filter(says)) delete headers[name];
  }
  const raw = request.rawHeaders;
  for (let at = raw.length - 2; at >= 0; at -= 2) if (says(raw[at] ?? "")) raw.splice(at, 2);
}

function unknown(request: Asked, path: string): Answer {
  // A link, no redirect: at a path that is public at the gateway it would lead round and round.
  const start = `/.gatehouse/start?to=${encodeURIComponent(path)}`;
  return said(request, 401, "session.none", "Nobody is signed in.", { "www-authenticate": "Cookie" }, start);
}

function denied(request: Asked): Answer {
  return said(request, 403, "access.not-permitted", "A role is missing.");
}

function away(request: Asked, error: Error): Answer {
  log("no keys: %s", error.message);
  const sentence = "Sign-in is away for a moment. You have not been signed out.";
  return said(request, 503, "session.store-unavailable", sentence, { "retry-after": "5" });
}

/** A plain page for people, problem details (RFC 9457) for programs. */
function said(
  request: Asked,
  status: number,
  code: string,
  sentence: string,
  more: Readonly<Record<string, string>> = {},
  start?: string,
): Answer {
  const always = { "cache-control": "no-store", "x-content-type-options": "nosniff", ...more };
  if (!navigates(request)) {
    const body = JSON.stringify({ type: "about:blank", status, code, title: sentence });
    return { status, headers: { ...always, "content-type": "application/problem+json" }, body };
  }
  const way = start ? `<p><a href="${start.replaceAll("&", "&amp;")}">Sign in</a></p>` : "";
  const policy = "default-src 'none'; frame-ancestors 'none'";
  const body =
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">' +
    `<title>Gatehouse</title><main><h1>${sentence}</h1>${way}<p><small>${code}</small></p></main></html>`;
  const html = { "content-type": "text/html; charset=utf-8", "content-security-policy": policy };
  return { status, headers: { ...always, ...html }, body };
}

/** Whether a person goes to a page. */
function navigates(request: Asked): boolean {
  const mode = request.headers["sec-fetch-mode"];
  if (mode) return mode === "navigate";
  return request.method === "GET" && (request.headers.accept ?? "").includes("text/html");
}

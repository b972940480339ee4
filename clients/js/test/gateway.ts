// A gateway that signs and shows its keys, on a port of this machine.
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { CompactSign, exportJWK, generateKeyPair, type CryptoKey, type JWK } from "jose";

export const AUDIENCE = "https://wiki.corp.example";

export class Gateway {
  answer: RequestListener = (_, response) => response.end(JSON.stringify({ keys: this.keys }));
  asked = 0;
  keys: (JWK & { purpose: string })[] = [];
  #signs!: CryptoKey;
  #server!: Server;

  static async start(): Promise<Gateway> {
    const made = new Gateway();
    await made.turnKeys();
    made.#server = await listening((request, response) => {
      made.asked += 1;
      made.answer(request, response);
    });
    return made;
  }

  get issuer(): string {
    return addressOf(this.#server);
  }

  get jwksUrl(): string {
    return `${this.issuer}/.well-known/jwks.json`;
  }

  /** Signs under a new key from now on, and shows no older one. */
  async turnKeys(): Promise<string> {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    this.#signs = privateKey;
    const kid = `a${this.keys[0]?.kid?.length ?? 0}${Math.random().toString(36).slice(2)}`;
    this.keys = [{ ...(await exportJWK(publicKey)), alg: "ES256", use: "sig", purpose: "assertion", kid }];
    return kid;
  }

  get kid(): string {
    return this.keys[0]?.kid ?? "";
  }

  async signed(content: string | Uint8Array, typ: string): Promise<string> {
    const raw = typeof content === "string" ? Buffer.from(content) : content;
    return new CompactSign(raw).setProtectedHeader({ alg: "ES256", kid: this.kid, typ }).sign(this.#signs);
  }

  async assertion(said: object = {}): Promise<string> {
    const iat = Math.floor(Date.now() / 1000);
    const claims = { iss: this.issuer, aud: AUDIENCE, iat, exp: iat + 60, sub: "ada-1", roles: ["auditor"], ...said };
    return this.signed(JSON.stringify(claims), "gatehouse-assertion+jwt");
  }

  async stop(): Promise<void> {
    await closed(this.#server);
  }
}

export async function listening(handler: RequestListener): Promise<Server> {
  const server = createServer(handler);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return server;
}

export function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
}

import { NotBelieved } from "./errors.js";

export type Members = Readonly<Record<string, unknown>>;

/** The object that UTF-8 JSON says. Throws NotBelieved. */
export function object(raw: Uint8Array): Members {
  let said: unknown;
  try {
    said = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw));
  } catch {
    throw new NotBelieved("the content is no JSON");
  }
  if (typeof said !== "object" || said === null) {
    throw new NotBelieved("the content is no object");
  }
  return said as Members;
}

export function text(from: Members, name: string): string {
  const value = from[name];
  if (typeof value !== "string") throw new NotBelieved(`${name} is no text`);
  return value;
}

export function texts(from: Members, name: string): string[] {
  const value = from[name];
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
    throw new NotBelieved(`${name} is no list of texts`);
  }
  return [...value];
}

export function whole(from: Members, name: string): number {
  const value = from[name];
  if (typeof value !== "number" || !Number.isSafeInteger(value)) {
    throw new NotBelieved(`${name} is no whole number`);
  }
  return value;
}

/** Nothing where the member is absent; what is there must have its shape. */
export function maybe<T>(
  from: Members,
  name: string,
  read: (from: Members, name: string) => T,
): T | undefined {
  return from[name] === undefined || from[name] === null ? undefined : read(from, name);
}

/** Without the members that are undefined. */
export function told<T extends object>(all: { [name in keyof T]: T[name] | undefined }): T {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as T;
}

export { verifyAssertion, type Assertion, type AssertionOptions } from "./assertion.js";
export { readCookie, type BindingKeys } from "./cookie.js";
export { KeysUnavailable, NotBelieved } from "./errors.js";
export type { GateOptions } from "./gate.js";
export { fixedKeys, GatewayKeys, type KeySource, type Purpose } from "./keys.js";
export { readRecord, type SessionRecord } from "./record.js";

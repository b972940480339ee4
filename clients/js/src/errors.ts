/** Not signed by this gateway, not for us, or over. The text says why, holds nothing personal and is for the log. */
export class NotBelieved extends Error {
  override readonly name = "NotBelieved";
}

/** The gateway's keys are not to be had, so nothing can be said about anybody: try again. Never "signed out". */
export class KeysUnavailable extends Error {
  override readonly name = "KeysUnavailable";
}

/** Errors that reach people, each with a stable code; docs/reference/errors.md says what to do about each. */

/** Code to what happened, in one sentence without details. */
export const errorCodes = {
  TT_OPERATOR_NO_CLUSTER: "No Kubernetes cluster to talk to was found.",
  TT_OPERATOR_NO_IMAGE: "The operator could not find out its own image.",
  TT_OPERATOR_NO_NAMESPACE: "The operator could not find out its own namespace.",
  TT_OPERATOR_BAD_SETTING: "An environment variable of the operator has a value that is not understood.",
} as const;

export type ErrorCode = keyof typeof errorCodes;

export class OperatorError extends Error {
  /** Stable; the text is not. */
  readonly code: ErrorCode;

  /** @param detail what exactly, for people; no secrets */
  constructor(code: ErrorCode, detail: string, options?: { cause?: unknown }) {
    super(`${code}: ${errorCodes[code]} ${detail}`, options);
    this.name = "OperatorError";
    this.code = code;
  }
}

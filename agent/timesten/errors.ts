import type { ErrorText } from "./parse/error";

/** TimesTen refused, or a utility could not do its work. */
export class TimesTenError extends Error {
  constructor(
    /** TimesTen's error number; null when it gave none. */
    readonly number: number | null,
    message: string,
  ) {
    super(message);
    this.name = "TimesTenError";
  }

  /** @param prefix e.g. "Schema error: " */
  static from(error: ErrorText, prefix = ""): TimesTenError {
    return new TimesTenError(error.number, `${prefix}${error.message}`);
  }
}

/** The connection, or the database behind it, is gone: nothing more can be asked over it. */
const CONNECTION_LOST = new Set([
  // 707 unloaded by hand, 846 invalidated, 994 terminated, 1106 forced disconnect, 47137 handle invalid
  707, 846, 994, 1106, 47137,
]);

/** @returns whether a new connection is needed after this error */
export function isConnectionLost(error: ErrorText): boolean {
  return error.number !== null && CONNECTION_LOST.has(error.number);
}

/** @throws Error when the signal is aborted already */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new TimesTenError(null, "given up: its time is over");
}

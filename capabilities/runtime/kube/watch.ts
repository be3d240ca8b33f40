/** A watch as the API server streams it: one JSON object per line, for as long as the server likes. */
import { StringDecoder } from "node:string_decoder";
import { KubeError, type KubeObject, type WatchEvent, type WatchHandlers } from "../ports";
import { kubeErrorOf, noAnswer, type KubeHttp } from "./http";

/** The server ends the stream itself after this long, s. */
export const WATCH_TIMEOUT_S = 290;
/** The server sends a bookmark about once a minute: a stream silent for longer than this is dead, ms. */
export const WATCH_SILENCE_MS = 150_000;
/** From the request to the head of the answer, ms. */
const OPEN_DEADLINE_MS = 10_000;

interface WireEvent {
  type: string;
  object: KubeObject;
}

/**
 * Streams until the server ends it, it breaks, or the returned function is called (then no handler is called any more).
 * @param path with the whole query
 * @param complete puts in what an event's object may lack
 */
export function openWatch<T extends KubeObject>(
  http: KubeHttp,
  path: string,
  complete: (object: KubeObject) => T,
  handlers: WatchHandlers<T>,
  silenceMs: number = WATCH_SILENCE_MS,
): () => void {
  const abort = new AbortController();
  let over = false;
  let timer: NodeJS.Timeout | undefined;
  const end = (error: KubeError | null): void => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    abort.abort();
    handlers.onEnd(error);
  };
  const limit = (ms: number, what: string): void => {
    clearTimeout(timer);
    if (!over) timer = setTimeout(() => end(noAnswer(what)), ms);
  };
  const onLine = (line: string): void => {
    if (over || line === "") return;
    const event = parseEvent(line, complete);
    if (event instanceof KubeError) end(event);
    else handlers.onEvent(event);
  };
  limit(OPEN_DEADLINE_MS, "the watch was not opened in time");
  readLines(http, path, abort.signal, onLine, () =>
    limit(silenceMs, `the watch was silent for ${silenceMs} ms`),
  ).then(
    () => end(null),
    (error: unknown) => end(error instanceof KubeError ? error : noAnswer(String(error))),
  );
  return () => {
    over = true;
    clearTimeout(timer);
    abort.abort();
  };
}

/** @param onHeard called for every sign of life */
async function readLines(
  http: KubeHttp,
  path: string,
  signal: AbortSignal,
  onLine: (line: string) => void,
  onHeard: () => void,
): Promise<void> {
  const response = await http.open({ method: "GET", path }, signal);
  onHeard();
  const decoder = new StringDecoder("utf8");
  const refused = response.statusCode !== 200;
  let rest = "";
  for await (const chunk of response as AsyncIterable<Buffer>) {
    onHeard();
    rest += decoder.write(chunk);
    if (refused) continue;
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  }
  if (refused) throw kubeErrorOf(response.statusCode ?? 0, parse(rest));
  if (!response.complete) throw noAnswer("the watch broke off");
}

/** @returns the event, or the error it tells of */
function parseEvent<T extends KubeObject>(
  line: string,
  complete: (object: KubeObject) => T,
): WatchEvent<T> | KubeError {
  const event = parse(line) as WireEvent | undefined;
  switch (event?.type) {
    case "ADDED":
    case "MODIFIED":
    case "DELETED":
      return { type: event.type, object: complete(event.object) };
    case "BOOKMARK":
      return { type: "BOOKMARK", resourceVersion: event.object.metadata.resourceVersion ?? "" };
    case "ERROR":
      return kubeErrorOf(500, event.object);
    default:
      return noAnswer("the watch sent a line that is no event");
  }
}

/** @returns undefined when it is no JSON */
function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

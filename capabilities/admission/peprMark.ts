interface Operation {
  op: string;
  path: string;
  value?: unknown;
}

/** Pepr's own annotation on every object it has seen: <module>.pepr.dev/<capability>. */
const MARK = /^[a-z0-9-]+\.pepr\.dev\//;
const ANNOTATIONS = "/metadata/annotations";

/**
 * Takes Pepr's mark out of the answer of the mutating webhook, so that objects carry nothing their user did not write
 * or this operator does not mean (GitOps tools compare annotations).
 *
 * @param patch JSON patch in base64, as Pepr answers
 * @returns the patch without the mark, or undefined when nothing is left of it
 */
export function withoutPeprMark(patch: string): string | undefined {
  const operations = JSON.parse(Buffer.from(patch, "base64").toString("utf8")) as Operation[];
  const kept = operations.flatMap(unmark);
  return kept.length === 0 ? undefined : Buffer.from(JSON.stringify(kept), "utf8").toString("base64");
}

function unmark(operation: Operation): Operation[] {
  if (operation.path.startsWith(`${ANNOTATIONS}/`)) {
    const key = operation.path
      .slice(ANNOTATIONS.length + 1)
      .replaceAll("~1", "/")
      .replaceAll("~0", "~");
    return MARK.test(key) ? [] : [operation];
  }
  if (operation.path !== ANNOTATIONS || typeof operation.value !== "object" || operation.value === null) {
    return [operation];
  }
  const rest = Object.entries(operation.value).filter(([key]) => !MARK.test(key));
  return rest.length === 0 ? [] : [{ ...operation, value: Object.fromEntries(rest) }];
}

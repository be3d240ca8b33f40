/** The agent's certificates as files of a Secret volume: the kubelet replaces them when the Secret changes. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** Between two looks at the files, ms: a certificate that is replaced has days left. */
const LOOK_MS = 10_000;

export interface TlsMaterial {
  /** PEM: the object's own authority; only clients with a certificate of it are let in. */
  ca: string;
  /** PEM: our certificate and its key. */
  cert: string;
  key: string;
}

export interface TlsFiles {
  /** @throws when a file is missing */
  read(): Promise<TlsMaterial>;
  /** Calls back with new content. @returns a function that ends the watching */
  watch(onChange: (material: TlsMaterial) => void): () => void;
}

/** @param folder with ca.crt, agent.crt, agent.key (/ttagent) */
export function tlsFiles(folder: string, lookMs = LOOK_MS): TlsFiles {
  const read = async (): Promise<TlsMaterial> => {
    const [ca, cert, key] = await Promise.all(
      ["ca.crt", "agent.crt", "agent.key"].map(name => readFile(join(folder, name), "utf8")),
    );
    return { ca: ca ?? "", cert: cert ?? "", key: key ?? "" };
  };
  return { read, watch: onChange => watchContent(read, onChange, lookMs) };
}

function watchContent(
  read: () => Promise<TlsMaterial>,
  onChange: (material: TlsMaterial) => void,
  lookMs: number,
): () => void {
  let known: string | null = null;
  const look = async () => {
    // The files change one after the other while a Secret is replaced; a set that does not fit throws in onChange.
    const material = await read().catch(() => null);
    if (material === null) return;
    const content = JSON.stringify(material);
    if (known !== null && content !== known) onChange(material);
    known = content;
  };
  const lookSafely = () => void look().catch(() => undefined);
  lookSafely();
  const timer = setInterval(lookSafely, lookMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** What the images of the world hold: their names say it. */
export type WorldImage =
  /** Nobody has pushed it: `...:absent`. */
  | { is: "absent" }
  /** Its init container ends at once: `...:18.1.4.12.0-broken`. */
  | { is: "broken"; release: string }
  | { is: "works"; release: string };

/** Of an image whose tag is no release. */
const ANY_RELEASE = "18.1.4.11.0";

/** @param name of an image, e.g. registry.example.com/timesten:18.1.4.4.0 */
export function imageNamed(name = ""): WorldImage {
  const tag = name.slice(name.lastIndexOf(":") + 1);
  if (tag === "absent") return { is: "absent" };
  const release = /^\d+(?:\.\d+){3,5}/.exec(tag)?.[0] ?? ANY_RELEASE;
  return { is: tag.endsWith("-broken") ? "broken" : "works", release };
}

/** What keeps a container with that image from running, as the kubelet says it; null: nothing. */
export function troubleWith(image: WorldImage): { reason: string; message: string } | null {
  switch (image.is) {
    case "absent":
      return { reason: "ErrImagePull", message: "not found" };
    case "broken":
      return { reason: "CrashLoopBackOff", message: "back-off restarting failed container" };
    case "works":
      return null;
  }
}

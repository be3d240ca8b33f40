/** The user that TimesTen runs as: root never may, so a container started as root becomes the image's own user. */
import { readFileSync } from "node:fs";
import { chown, lchown, lstat, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";

export interface User {
  name: string;
  uid: number;
  gid: number;
  home: string;
}

/** Names of the TimesTen user: 18.1 images, later images. */
const NAMES = ["oracle", "timesten"];

/**
 * @param passwd text of /etc/passwd
 * @param userHome where the instance is: its owner by home wins over the order of the names
 * @param runAs the user's name where it is none of the common ones
 * @returns the image's TimesTen user, or null
 */
export function findTimesTenUser(passwd: string, userHome: string, runAs: string | null): User | null {
  const users = passwd.split("\n").flatMap(parseEntry);
  if (runAs !== null) return users.find(user => user.name === runAs) ?? null;
  const named = users.filter(user => NAMES.includes(user.name) && user.uid !== 0);
  return named.find(user => user.home === userHome) ?? named[0] ?? null;
}

function parseEntry(line: string): User[] {
  const [name, , uid, gid, , home] = line.split(":");
  if (name === undefined || home === undefined || !/^\d+$/.test(uid ?? "") || !/^\d+$/.test(gid ?? ""))
    return [];
  return [{ name, uid: Number(uid), gid: Number(gid), home }];
}

/**
 * As root: gives the volumes to the TimesTen user and becomes that user for good. As anybody else: nothing.
 * @param userHome TimesTen user's home on the volume; made when absent
 * @param runAs see findTimesTenUser
 * @param folders further folders that must be that user's (made when absent)
 * @throws when the image has no such user
 */
export async function becomeTimesTenUser(
  { userHome, runAs }: { userHome: string; runAs: string | null },
  folders: readonly string[],
): Promise<User | null> {
  if (process.getuid?.() !== 0) return null;
  const user = findTimesTenUser(readFileSync("/etc/passwd", "utf8"), userHome, runAs);
  if (user === null) {
    throw new Error(
      `this container runs as root, and its image has no user ${runAs ?? NAMES.join(" or ")} to become`,
    );
  }
  for (const folder of [userHome, ...folders]) {
    await mkdir(folder, { recursive: true });
    await giveTo(user, folder);
  }
  process.setgroups?.([user.gid]);
  process.setgid?.(user.gid);
  process.setuid?.(user.uid);
  process.env.USER = user.name;
  process.env.LOGNAME = user.name;
  process.env.HOME = userHome;
  return user;
}

/** Only walks down where the owner is wrong at the top: a large tree is not read at every start. */
async function giveTo(user: User, folder: string): Promise<void> {
  const { uid, gid } = await lstat(folder);
  if (uid === user.uid && gid === user.gid) return;
  await giveTree(user, folder);
  // The top last: an interrupted walk begins again.
  await chown(folder, user.uid, user.gid);
}

async function giveTree(user: User, folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await giveTree(user, path);
    await lchown(path, user.uid, user.gid);
  }
}

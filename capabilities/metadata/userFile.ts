/** adminUser, cacheUser, testUser: one line with a name and passwords. No message ever holds any of it. */
import type { FileFault } from "./fault";
import { hasControls, linesOf } from "./text";

/** TimesTen's limit for the names of users and other basic names, characters. */
const MAX_NAME = 30;

/** A user to be made. */
export interface DatabaseUser {
  name: string;
  /** TimesTen's password. */
  password: string;
  /** Password of the user of the same name in the Oracle database; only of cacheUser. */
  oraclePassword?: string;
}

/** Exactly one of the two: the user, or why there is none. */
export type UserFile = { user: DatabaseUser; faults: [] } | { user: null; faults: [FileFault] };

/**
 * @param file its key: cacheUser has two passwords, every other one
 * @param text one line `user/password` or `user/ttpassword/oraclepassword`; the last password may contain slashes
 * @returns the user or the one fault. Never throws.
 */
export function parseUserFile(file: string, text: string): UserFile {
  const form = file === "cacheUser" ? "user/ttpassword/oraclepassword" : "user/password";
  const refuse = (line: number, message: string): UserFile => ({
    user: null,
    faults: [{ file, line, message }],
  });
  const mustBe = `must be one line ${form}`;
  const filled = linesOf(text)
    .map((line, index) => ({ text: line.trim(), line: index + 1 }))
    .filter(line => line.text !== "");
  const [first, second] = filled;
  if (first === undefined) return refuse(0, `is empty; it ${mustBe}`);
  if (second !== undefined) return refuse(second.line, `has more than one line; it ${mustBe}`);
  if (hasControls(first.text))
    return refuse(first.line, "holds a control character; the file must be plain text");
  const [name = "", ...secrets] = split(first.text, file === "cacheUser" ? 3 : 2);
  if (secrets.length !== (file === "cacheUser" ? 2 : 1) || name === "" || secrets.includes(""))
    return refuse(first.line, mustBe);
  if (!/^[A-Za-z][A-Za-z0-9_$#]*$/.test(name) || name.length > MAX_NAME)
    return refuse(first.line, `the user name is no TimesTen name of at most ${MAX_NAME} characters`);
  const [password = "", oraclePassword] = secrets;
  return {
    user: { name, password, ...(oraclePassword === undefined ? {} : { oraclePassword }) },
    faults: [],
  };
}

/** @returns at most so many parts, cut at slashes; the last keeps the slashes that are left */
function split(text: string, parts: number): string[] {
  const found: string[] = [];
  let rest = text;
  while (found.length < parts - 1) {
    const slash = rest.indexOf("/");
    if (slash < 0) break;
    found.push(rest.slice(0, slash));
    rest = rest.slice(slash + 1);
  }
  return [...found, rest].map((part, index) => (index === 0 ? part.trim() : part));
}

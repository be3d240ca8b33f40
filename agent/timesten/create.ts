/** The first database of an object: files, the agents' user, the admin user, the schema. */
import { access, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { describeFileFault, parseUserFile, secretsOfSql, withoutThese } from "../../capabilities/metadata";
import type { Context } from "./context";
import { destroy, freshSection, keepLoadedClosed, loadClosed } from "./database";
import { TimesTenError } from "./errors";
import { IsqlSession } from "./isql";
import { parseErrors } from "./parse/error";

/** Database, agent user, adminUser, schema.sql. Ends loaded, closed, RAM policy manual. A half-made one is made anew. */
export async function createDatabase(c: Context, signal: AbortSignal): Promise<void> {
  const halfMade = await c.incomplete.isSet();
  if (!halfMade && (await exists(c, signal))) return loadClosed(c, signal);
  if (halfMade) await destroy(c, signal);
  const admin = await readUser(join(c.o.configDir, "adminUser"));
  await c.incomplete.set("create");
  await createFiles(c, signal);
  await createUser(c, c.o.agentUser, signal);
  const owner = c.o.agentUser.name;
  await c.sessions.act(
    `create table ${owner}.ping (k number(1) not null primary key, id number(18) not null)`,
    signal,
  );
  await c.sessions.act(`insert into ${owner}.ping values (1, 0)`, signal);
  if (admin !== null) await createUser(c, admin, signal);
  await runFile(c, "schema.sql", "Schema error: ", signal);
  // Nothing of it may be lost when the pod ends now: from here on it counts as made.
  await c.sessions.act("call ttCkpt", signal);
  await c.incomplete.clear();
  c.status.invalidate();
}

/** Runs /ttconfig/<name> as the instance administrator. @returns false when there is no such file */
export async function runFile(
  c: Context,
  name: string,
  label: string,
  signal: AbortSignal,
): Promise<boolean> {
  const file = join(c.o.configDir, name);
  if (!(await isFile(file))) return false;
  const { code, stdout, stderr } = await c.attempt(
    "ttIsql",
    ["-connStr", `DSN=${c.o.db}`, "-f", file],
    signal,
  );
  const output = `${stdout}\n${stderr}`;
  const [error, ...more] = parseErrors(output);
  if (error !== undefined) {
    const others = more.length === 0 ? "" : ` (and ${more.length} more)`;
    const secrets = secretsOfSql(await readFile(file, "utf8"));
    const message = withoutThese(withoutSecrets(error.message), secrets);
    throw TimesTenError.from({ ...error, message: `${message}${others}` }, label);
  }
  if (code !== 0) throw new TimesTenError(null, `${label}ttIsql exited with code ${code}`);
  return true;
}

/**
 * @param file one line "user/password"
 * @returns null when there is no such file
 * @throws TimesTenError when it is no such line; never quotes it
 */
export async function readUser(file: string): Promise<{ name: string; password: string } | null> {
  if (!(await isFile(file))) return null;
  const label = basename(file);
  const { user, faults } = parseUserFile(label, await readFile(file, "utf8"));
  if (user === null) throw new TimesTenError(null, describeFileFault(faults[0]));
  return user;
}

/** The first connection makes the files; it stays until the RAM policy keeps the database in memory. */
async function createFiles(c: Context, signal: AbortSignal): Promise<void> {
  const first = new IsqlSession({
    file: c.tool("ttIsql"),
    args: ["-connStr", `DSN=${c.o.db};AutoCreate=1`],
    env: c.o.env,
    cwd: c.o.instanceHome,
    onLost: () => undefined,
  });
  try {
    await first.execute("select 1 from dual", signal);
    await keepLoadedClosed(c, signal);
  } finally {
    await first.stop();
  }
}

async function createUser(
  c: Context,
  user: { name: string; password: string },
  signal: AbortSignal,
): Promise<void> {
  await identify(c, "create", user, signal);
  await c.sessions.act(`grant admin to ${user.name}`, signal);
}

/**
 * Gives the agents' own user the password of today's Secret: a database on the volumes of a former object of this
 * name still has the former one's.
 * @throws TimesTenError without the password
 */
export function renewAgentUser(c: Context, signal: AbortSignal): Promise<void> {
  return identify(c, "alter", c.o.agentUser, signal);
}

/** The statement goes to ttIsql's standard input: a password never stands in an argument. */
async function identify(
  c: Context,
  verb: "create" | "alter",
  user: { name: string; password: string },
  signal: AbortSignal,
): Promise<void> {
  const quoted = user.password.replaceAll("'", "''");
  try {
    await c.sessions.act(`${verb} user ${user.name} identified by '${quoted}'`, signal);
  } catch (error) {
    // TimesTen may quote the statement in its message.
    const number = error instanceof TimesTenError ? error.number : null;
    const text = error instanceof Error ? error.message.replaceAll(user.password, "***") : "";
    throw new TimesTenError(number, `cannot ${verb} user ${user.name}: ${withoutSecrets(text)}`);
  }
}

async function exists(c: Context, signal: AbortSignal): Promise<boolean> {
  const section = await freshSection(c, signal);
  return (section !== undefined && section.connectionCount > 0) || (await c.isOnDisk());
}

async function isFile(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** @returns the text without what follows IDENTIFIED BY */
export function withoutSecrets(text: string): string {
  return text.replace(/(identified\s+by\s+)("[^"]*"|'(?:[^']|'')*'?|\S+)/gi, "$1***");
}

/** Every parser of the product against texts that nobody should write: it answers, soon, and tells no secret. */
import fc from "fast-check";
import { attributesOfDbIni } from "../../../agent/entry/odbc";
import { ConfigError } from "../../../agent/entry/config";
import { findTimesTenUser } from "../../../agent/entry/user";
import { parseProcesses, parseStat } from "../../../agent/timesten/procfs";
import { firstError, parseErrors } from "../../../agent/timesten/parse/error";
import * as isql from "../../../agent/timesten/parse/isql";
import { parsePolicies } from "../../../agent/timesten/parse/ttadmin";
import { parseTtStatus } from "../../../agent/timesten/parse/ttstatus";
import { parseTtVersion, releaseOfFolder, releaseOfZip } from "../../../agent/timesten/parse/ttversion";
import { parseNotes } from "../../../capabilities/classic/observe/notes";
import {
  checkCacheGroupsSql,
  checkEpilogSql,
  checkMetadata,
  checkRepCreateStatement,
  checkReturnService,
  checkSchemaSql,
  checkStoreAttribute,
  configMapSource,
  databaseMemory,
  describeFileFault,
  fillVariables,
  parseDbIni,
  parseUserFile,
  readSqlFile,
  resembled,
  secretSource,
  secretsOfSql,
  type Findings,
} from "../../../capabilities/metadata";
import { RECORD_ANNOTATION } from "../../../capabilities/objects/names";
import { parseQuantity } from "../../../capabilities/objects/quantity";
import { parseRecordLease } from "../../../capabilities/objects/recordLease";
import { parseSecret } from "../../../capabilities/objects/secret";
import { releaseChange } from "../../../capabilities/classic/decide/upgrade/release";
import { OperatorError } from "../../../capabilities/runtime/errors";
import { readSettings } from "../../../capabilities/runtime/settings";
import { checkImage } from "../../../capabilities/validators/image";
import {
  agentMessageSchema,
  compareReleases,
  operatorMessageSchema,
  parseMessage,
  parseReleaseReport,
  ProtocolError,
} from "../../../protocol";
import { largestTexts, longTexts, nastyText, shortTexts } from "../../support/nasty";

const values = {
  database: "sample",
  repPort: 4444,
  hosts: ["sample-0", "sample-1"] as const,
  conflictReportDir: "/x",
  agentUser: "ttagent",
};

/** The API server lets no longer ones through. */
const MAX_KEY = 253;
const MAX_IMAGE = 1_024;

/** What a parser says to people of a text: all of it may end in a condition, an event or a log. */
type Parser = (text: string) => string[];

const said = ({ faults, warnings }: Findings): string[] => [...faults, ...warnings].map(describeFileFault);
const lines = (text: string): string[] => text.split("\n");
const silent =
  (parse: (text: string) => unknown): Parser =>
  text => {
    parse(text);
    return [];
  };

/** @returns the messages of what may be thrown; anything else is a crash */
function thrown(kind: new (...given: never[]) => Error, parse: (text: string) => unknown): Parser {
  return text => {
    try {
      parse(text);
      return [];
    } catch (error) {
      if (error instanceof kind) return [error.message];
      throw error;
    }
  };
}

const lease = (annotation: string, text: string) => ({
  apiVersion: "coordination.k8s.io/v1" as const,
  kind: "Lease" as const,
  metadata: { name: "sample", namespace: "ns", annotations: { [annotation]: text } },
  spec: { holderIdentity: "x", leaseTransitions: 1 },
});

/** Of files and frames that may hold a password, wherever it stands in them. */
const discreet: Record<string, Parser> = {
  "db.ini": text => said(parseDbIni(text)),
  "db.ini of the agent": thrown(ConfigError, attributesOfDbIni),
  adminUser: text => parseUserFile("adminUser", text).faults.map(describeFileFault),
  cacheUser: text => parseUserFile("cacheUser", text).faults.map(describeFileFault),
  "schema.sql": text => said(checkSchemaSql(text)),
  "cachegroups.sql": text => said(checkCacheGroupsSql(text)),
  "epilog.sql": text => said(checkEpilogSql(text)),
  "all files of a Secret": text => {
    const data = Object.fromEntries(
      ["db.ini", "adminUser", "cacheUser", "schema.sql", "cachegroups.sql", "tnsnames.ora", "x"].map(key => [
        key,
        Buffer.from(text).toString("base64"),
      ]),
    );
    return said(checkMetadata([secretSource("s", { data })], { replicationWallet: true }));
  },
  "a Secret that is no base64": text =>
    said(
      checkMetadata([secretSource("s", { data: { adminUser: text, "db.ini": text } })], {
        replicationWallet: false,
      }),
    ),
  "the operator's Secret": text => {
    const found = parseSecret({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "tt" },
      data: { agentUser: text },
    });
    return "fault" in found ? [found.fault] : [];
  },
  "a frame of the operator": thrown(ProtocolError, text => parseMessage(operatorMessageSchema, text)),
  "a frame of the agent": thrown(ProtocolError, text => parseMessage(agentMessageSchema, text)),
  "the record in a Lease": text => {
    const found = parseRecordLease(lease(RECORD_ANNOTATION, text), "uid");
    return "fault" in found ? [found.fault] : [];
  },
};

const others: Record<string, Parser> = {
  repCreateStatement: text => said(checkRepCreateStatement(text, values)),
  "the rest of repCreateStatement": text =>
    said(checkRepCreateStatement(`create active standby pair a on b, a on c ${text}`, values)),
  repReturnServiceAttribute: text => said(checkReturnService(text)),
  repStoreAttribute: text => said(checkStoreAttribute(text, 4444, text)),
  "variables of a statement": silent(text => fillVariables(text, values)),
  "a key of a ConfigMap": text => {
    resembled(text);
    const source = configMapSource("a", { data: { [text.slice(0, MAX_KEY)]: text } });
    return said(checkMetadata([source, source], { replicationWallet: false }));
  },
  "a SQL file": silent(text => [readSqlFile("x", text), secretsOfSql(text)]),
  "sizes of db.ini": silent(text => databaseMemory([{ name: "PermSize", value: text }])),
  "a quantity": silent(parseQuantity),
  "an image": text =>
    checkImage(
      { spec: { ttspec: { image: text.slice(0, MAX_IMAGE) } } } as Parameters<typeof checkImage>[0],
      null,
    ).map(fault => fault.message),
  "the notes in a Lease": silent(text => parseNotes(lease("timesten.oracle.com/notes", text))),
  "the report of a probe": silent(parseReleaseReport),
  "a release": silent(text => [compareReleases(text, "18.1"), releaseChange([text], text)]),
  "the operator's settings": thrown(OperatorError, text =>
    readSettings({ LOG_LEVEL: text, HEALTH_PORT: text.slice(0, MAX_IMAGE), WATCH_NAMESPACE: text }),
  ),
  ttStatus: silent(parseTtStatus),
  "a database in ttStatus": silent(text => parseTtStatus(`Daemon pid 1 port 2\nData store /x\n${text}`)),
  ttAdmin: silent(parsePolicies),
  ttVersion: silent(text => [parseTtVersion(text), releaseOfZip(text), releaseOfFolder(text)]),
  "errors of TimesTen": text =>
    [...parseErrors(text).slice(0, 9), firstError(text)].map(error => error?.message ?? ""),
  "the rest of an error": text =>
    parseErrors(`TT1: x\n${text}`)
      .slice(0, 9)
      .map(error => error.message),
  "answers of ttIsql": silent(text => [
    isql.parseRows(lines(text)),
    isql.parseRepState(lines(text)),
    isql.parsePeerState(lines(text), ["a"]),
    isql.parseNumber(lines(text)),
    isql.parseFound(lines(text), "replication scheme"),
    isql.parseScheme(lines(text)),
    isql.parseWait(lines(text)),
    isql.parseLag(lines(text)),
  ]),
  "/proc": silent(text => [parseStat(text), parseProcesses(text)]),
  "/etc/passwd": silent(text => findTimesTenUser(text, "/home/oracle", null)),
};

const all = { ...discreet, ...others };

/** No message grows with what it is about. */
const MAX_MESSAGE = 2_000;
/** CPU time for a long text: what is linear takes some milliseconds. */
const MAX_CPU_MS = 1_500;
/** For a megabyte, by all that read files. */
const MAX_CPU_LARGEST_MS = 10_000;
const SECRET = "ti-ger/4711";

describe.each(Object.keys(all))("%s", name => {
  const parse = all[name] ?? silent(() => undefined);

  it("is read from any text without a crash, and said of it is little", () => {
    for (const text of shortTexts)
      expect(parse(text).every(message => message.length < MAX_MESSAGE)).toBe(true);
    fc.assert(
      fc.property(nastyText, text => parse(text).every(message => message.length < MAX_MESSAGE)),
      { numRuns: 200 },
    );
  });

  it.each([...longTexts])("is read soon where the text is nothing but %s", (_, text) => {
    const before = process.cpuUsage();
    const messages = parse(text);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(MAX_CPU_MS);
    expect(messages.length).toBeLessThan(100);
  });
});

describe.each(Object.keys(discreet))("what is said of %s", name => {
  const parse = discreet[name] ?? silent(() => undefined);

  it("is said soon when it is as large as a ConfigMap can be", () => {
    const before = process.cpuUsage();
    for (const text of largestTexts) parse(text);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(MAX_CPU_LARGEST_MS);
  });

  it("never holds a password, wherever it stands", () => {
    fc.assert(
      fc.property(
        nastyText,
        nastyText,
        fc.constantFrom("", "=", "/", "app/", "PWD=", " ", "\n", "'", '"'),
        (before, after, glue) => {
          for (const text of [
            `${before}${glue}${SECRET}${after}`,
            JSON.stringify({ [SECRET]: before, type: SECRET }),
          ]) {
            const told = parse(text).join("\n");
            expect(told).not.toContain("ger/4711");
            expect(told).not.toContain("ti-ger");
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

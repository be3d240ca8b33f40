/** docs/reference/refusals.md lists everything that is said of the user's files, and nothing else. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { smallVolumes, tooLittleMemory } from "../../../capabilities/classic/sizing";
import {
  checkMetadata,
  configMapSource,
  secretSource,
  type Findings,
  type MetadataSource,
} from "../../../capabilities/metadata";
import { sample } from "../objects/sample";
import { shortTexts } from "../../support/nasty";

const page = readFileSync(join(__dirname, "..", "..", "..", "docs", "reference", "refusals.md"), "utf8");
const section = page.split(/^## /m).find(part => part.startsWith("In the files")) ?? "";
const rows = [...section.matchAll(/^\| .+? \| (.+?) \| .+ \|$/gm)]
  .map(([, message = ""]) => message)
  .filter(message => message !== "message");

const pattern = (row: string): RegExp =>
  new RegExp(
    `^${row
      .split("…")
      .map(part => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join(".*")}$`,
    "s",
  );
const patterns = rows.map(pattern);

const texts = ({ faults, warnings }: Findings): string[] => [...faults, ...warnings].map(one => one.message);
const wishes = { replicationWallet: false };
const map = (data: Record<string, string>): MetadataSource => configMapSource("a", { data });
const secret = (data: Record<string, string>): MetadataSource =>
  secretSource("s", {
    data: Object.fromEntries(
      Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString("base64")]),
    ),
  });
const said = (...sources: MetadataSource[]): string[] => texts(checkMetadata(sources, wishes));

const group = "create readonly cache group g from t (a number primary key);";

/** What users get wrong: each row of the table comes from one of these. */
const examples: string[] = [
  ...said(
    map({ "db.ini": "PermSize\n[sample]\nDataStore=/x\nPermSize=many\nPermSize=1\nPermSize=2\n\u0001" }),
  ),
  ...said(map({ "db.ini": "LogBufMB=64\nLogFileSize=32\nLogBufParallelism=64" })),
  ...said(map({ "db.ini": "PermSize\n".repeat(30) })),
  ...["", "a/b\nc/d", "a", "a/\u0001", `${"a".repeat(31)}/b`].flatMap(adminUser =>
    said(secret({ adminUser })),
  ),
  ...said(map({ adminUser: "a/b", "schemas.sql": "", "sample.connect": "" })),
  ...[
    "select 'a",
    "a\0;",
    "begin null; end;",
    "select 1 from dual",
    group,
    "create active standby pair a on b;",
  ].flatMap(text => said(map({ "schema.sql": text }))),
  ...said(map({ "cachegroups.sql": "select 1 from dual;", "tnsnames.ora": "" })),
  ...said(map({ "db.ini": "" }), secret({ "db.ini": "" })),
  ...texts(checkMetadata([], { replicationWallet: true })),
  ...tooLittleMemory(sample({ databaseMemorySize: "1Mi" }), []).map(({ message }) => message),
  ...smallVolumes(sample({ storageSize: "1Mi", logStorageSize: "1Mi" }), []),
];

it.each(rows)("somebody may read: %s", row => {
  expect(examples.filter(message => pattern(row).test(message))).not.toEqual([]);
});

it("nobody reads what is not in the table", () => {
  const files = [
    "db.ini",
    "adminUser",
    "cacheUser",
    "schema.sql",
    "cachegroups.sql",
    "epilog.sql",
    "tnsnames.ora",
  ];
  const nasty = shortTexts.flatMap(text => files.flatMap(file => said(map({ [file]: text }))));
  const all = [...new Set([...examples, ...nasty])];
  expect(all.length).toBeGreaterThan(rows.length);
  expect(all.filter(message => !patterns.some(one => one.test(message)))).toEqual([]);
});

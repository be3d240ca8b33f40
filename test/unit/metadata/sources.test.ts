import {
  checkMetadata,
  configMapSource,
  describeFileFault,
  resembled,
  secretSource,
  type MetadataSource,
} from "../../../capabilities/metadata";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const map = (data: Record<string, string>, name = "a") => configMapSource(name, { data });
const secret = (data: Record<string, string>, name = "s") =>
  secretSource(name, {
    data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, base64(text)])),
  });
const check = (sources: MetadataSource[], replicationWallet = false) => {
  const { faults, warnings } = checkMetadata(sources, { replicationWallet });
  return { faults: faults.map(describeFileFault), warnings: warnings.map(describeFileFault) };
};

const cache = {
  "db.ini": "DatabaseCharacterSet=AL32UTF8\nOracleNetServiceName=ora",
  "cachegroups.sql": "create readonly cache group g from t (x number);",
  "tnsnames.ora": "ora = (x)",
};

describe("the metadata of an object", () => {
  it("has no fault as the documents show it, and db.ini is handed on", () => {
    const sources = [
      map({ "db.ini": "PermSize=200", "schema.sql": "create table t (x number);" }),
      secret({ adminUser: "app/tiger" }),
    ];
    expect(check(sources)).toEqual({ faults: [], warnings: [] });
    expect(checkMetadata(sources, { replicationWallet: false }).dbIni).toEqual([
      { name: "PermSize", value: "200" },
    ]);
    expect(checkMetadata([], { replicationWallet: false })).toEqual({
      dbIni: null,
      faults: [],
      warnings: [],
    });
  });

  it("is refused when one key is in two sources (36)", () => {
    expect(
      check([map({ "db.ini": "" }), map({ "db.ini": "" }, "b"), secret({ "db.ini": "" })]).faults,
    ).toEqual([
      'db.ini: is present in ConfigMap "a" and in ConfigMap "b"; keep one',
      'db.ini: is present in ConfigMap "a" and in Secret "s"; keep one',
    ]);
  });

  it.each([
    ["adminuser", "adminUser"],
    ["schema.SQL", "schema.sql"],
    ["dbini", "db.ini"],
    ["cachegroup.sql", "cachegroups.sql"],
    ["adminUsr", "adminUser"],
    ["notes.txt", null],
    ["__proto__", null],
    ["x".repeat(1_000_000), null],
  ])("%.20s is probably meant to be %s (37)", (key, meant) => {
    expect(resembled(key)).toBe(meant);
  });

  it("is doubted for keys that mean nothing (37), and for passwords that all can read (43)", () => {
    expect(check([map({ adminuser: "app/tiger", "x.connect": "", "notes.txt": "" })]).warnings).toEqual([
      'adminuser: ConfigMap "a" has this key, which is not a metadata file; did you mean adminUser?',
      'x.connect: ConfigMap "a" has this key, which is only for TimesTen Scaleout',
      'notes.txt: ConfigMap "a" has this key, which is not a metadata file',
    ]);
    expect(check([map({ adminUser: "app/tiger" })]).warnings).toEqual([
      "adminUser: holds a password; put it into a Secret named in dbSecret",
    ]);
  });

  it("is refused for what is wrong in any file (38, 39, 41)", () => {
    const sources = [
      map({ "db.ini": "Driver=x\nnonsense", "schema.sql": "'" }),
      secret({ adminUser: "tiger" }),
    ];
    expect(check(sources).faults).toEqual([
      "db.ini, line 1: Driver must not be given: the operator places the database",
      "db.ini, line 2: not of the form Attribute=value",
      "adminUser, line 1: must be one line user/password",
      "schema.sql, line 1: a string begins here and is never ended",
    ]);
  });

  it("has all that TimesTen Cache needs, or nothing of it (40, 42)", () => {
    expect(check([map(cache), secret({ cacheUser: "c/a/b" })])).toEqual({ faults: [], warnings: [] });
    expect(check([map(cache)]).faults).toEqual(["cachegroups.sql: needs cacheUser as well"]);
    expect(check([secret({ cacheUser: "c/a/b" })]).faults).toEqual([
      "cacheUser: needs cachegroups.sql and tnsnames.ora as well",
      "db.ini: TimesTen Cache needs DatabaseCharacterSet and OracleNetServiceName in db.ini",
    ]);
    expect(check([map({ "tnsnames.ora": " \n" })]).faults).toContain("tnsnames.ora: is empty");
    expect(check([map({ "sqlnet.ora": "x=y" })]).faults).toEqual([]);
  });

  it("has a wallet where replication is to be encrypted (63)", () => {
    expect(check([], true).faults).toEqual([
      "replicationWallet: is missing: replication over TLS needs this file in dbSecret or dbConfigMap",
    ]);
    expect(
      check([configMapSource("a", { binaryData: { replicationWallet: base64("\x01\x02") } })], true).faults,
    ).toEqual([]);
  });
});

import {
  attributeOf,
  checkCacheGroupsSql,
  checkEpilogSql,
  checkSchemaSql,
  databaseDisk,
  databaseMemory,
  describeFileFault,
  parseDbIni,
  parseUserFile,
  readSqlFile,
  secretsOfSql,
  withoutThese,
  type Findings,
} from "../../../capabilities/metadata";

const texts = ({ faults }: Pick<Findings, "faults">) => faults.map(describeFileFault);
const doubts = ({ warnings }: Findings) => warnings.map(describeFileFault);

describe("db.ini", () => {
  it("gives its attributes, whatever the line ends, with a byte order mark or without", () => {
    const { attributes, faults } = parseDbIni(
      "\uFEFFPermSize=512\r\n# old\r\n;x\n\n TempSize = 64 \rConnections=10",
    );
    expect(faults).toEqual([]);
    expect(attributes.map(({ name, value }) => `${name}:${value}`)).toEqual([
      "PermSize:512",
      "TempSize:64",
      "Connections:10",
    ]);
    expect(attributeOf(attributes, "PERMSIZE")).toBe("512");
  });

  it.each([
    ["DataStore=/x", "DataStore must not be given: the operator places the database"],
    ["logdir = /x", "logdir must not be given: the operator places the database"],
    ["DRIVER=x", "DRIVER must not be given: the operator places the database"],
    ["[sample]", "a section header is not allowed; write the lines Attribute=value alone"],
    ["tiger", "not of the form Attribute=value"],
    ["=tiger", "not of the form Attribute=value"],
    ["PWD tiger=tiger", "not of the form Attribute=value"],
    ["PermSize=lots", "PermSize must be a whole number from 1 to 2147483647"],
    ["LogBufMB=65537", "LogBufMB must be a whole number from 0 to 65536"],
    ["Connections=-1", "Connections must be a whole number from 0 to 32000"],
    ["PWD=ti\0ger", "holds a control character; the file must be plain text"],
  ])("refuses the line %j by its number", (line, message) => {
    expect(texts(parseDbIni(`UID=x\n\n${line}\nTempSize=9`))).toEqual([`db.ini, line 3: ${message}`]);
  });

  it("names every faulty line at once, and keeps the good ones", () => {
    const { attributes, faults } = parseDbIni("Driver=x\nPermSize=9\nnonsense");
    expect(faults.map(fault => fault.line)).toEqual([1, 3]);
    expect(attributes).toEqual([{ name: "PermSize", value: "9" }]);
  });

  it("wants log files as large as the log buffer, and strands of the buffer large enough", () => {
    expect(texts(parseDbIni("LogBufMB=128\nLogFileSize=64"))).toEqual([
      "db.ini, line 2: LogFileSize must not be less than LogBufMB",
    ]);
    expect(texts(parseDbIni("LogBufMB=128\nLogFileSize=128"))).toEqual([]);
    expect(doubts(parseDbIni("LogBufMB=64\nLogBufParallelism=9"))).toHaveLength(1);
    expect(doubts(parseDbIni("LogBufMB=64\nLogBufParallelism=8"))).toEqual([]);
  });

  it("warns of an attribute that is given twice; the last one counts", () => {
    const read = parseDbIni("PermSize=1\npermsize=2");
    expect(read.attributes).toEqual([{ name: "permsize", value: "2" }]);
    expect(doubts(read)).toEqual([
      "db.ini, line 2: permsize is given in line 1 already; the last one counts",
    ]);
  });

  it("knows no attribute that JavaScript brings along", () => {
    expect(parseDbIni("__proto__=1\nconstructor=2\ntoString=x").faults).toEqual([]);
    expect(attributeOf(parseDbIni("a=1").attributes, "constructor")).toBeUndefined();
  });
});

describe("the memory of a database", () => {
  const need = (text: string) => databaseMemory(parseDbIni(text).attributes);
  const MIB = 1024 * 1024;

  it("is 554 MiB without db.ini", () => {
    expect(databaseMemory(null)).toMatchObject({
      bytes: 580_911_104,
      permMb: 200,
      tempMb: 65,
      logBufferMb: 64,
    });
  });

  it.each([
    ["", 586],
    ["PermSize=32768\nTempSize=4096\nLogBufMB=1024\nConnections=2048", 38_182],
    ["PermSize=32768\nTempSize=4096\nLogBufMB=1024\nConnections=2080", 38_184],
    ["PermSize=32\nTempSize=0", 394],
  ])("is estimated safely for %j: %i MiB", (text, mib) => {
    expect(need(text).bytes / MIB).toBe(mib);
  });

  it("covers what TimesTen's own tool says", () => {
    const text = "PermSize=32768\nTempSize=4096\nLogBufMB=1024\nConnections=2048";
    expect(need(text).bytes).toBeGreaterThan(39_991_547_720);
    expect(databaseMemory([]).bytes).toBeGreaterThan(580_911_104);
  });

  it("says how it came about", () => {
    expect(need("PermSize=100").because).toBe(
      "474 MiB for PermSize=100, TempSize=53, LogBufMB=64, Connections=2000",
    );
  });

  it("comes with the disk that checkpoints and logs take", () => {
    expect(databaseDisk(parseDbIni("PermSize=512\nLogBufMB=128").attributes)).toEqual({
      checkpointBytes: 1024 * MIB,
      logBytes: 384 * MIB,
    });
  });
});

describe("the files of users", () => {
  it("hold a name and a password, which may contain slashes", () => {
    expect(parseUserFile("adminUser", "app/ti/ger\n").user).toEqual({ name: "app", password: "ti/ger" });
    expect(parseUserFile("cacheUser", "app/a/b/c\r\n").user).toEqual({
      name: "app",
      password: "a",
      oraclePassword: "b/c",
    });
  });

  it.each([
    ["adminUser", "", "adminUser: is empty; it must be one line user/password"],
    ["adminUser", "tiger", "adminUser, line 1: must be one line user/password"],
    ["adminUser", "app/", "adminUser, line 1: must be one line user/password"],
    ["adminUser", "/tiger", "adminUser, line 1: must be one line user/password"],
    [
      "adminUser",
      "app/tiger\n\nb/tiger",
      "adminUser, line 3: has more than one line; it must be one line user/password",
    ],
    [
      "testUser",
      "1app/tiger",
      "testUser, line 1: the user name is no TimesTen name of at most 30 characters",
    ],
    ["testUser", "app/ti\0ger", "testUser, line 1: holds a control character; the file must be plain text"],
    ["cacheUser", "app/tiger", "cacheUser, line 1: must be one line user/ttpassword/oraclepassword"],
    ["cacheUser", "app//tiger", "cacheUser, line 1: must be one line user/ttpassword/oraclepassword"],
  ])("%s may not be %j", (file, text, message) => {
    const read = parseUserFile(file, text);
    expect(read.user).toBeNull();
    expect(texts({ faults: read.faults })).toEqual([message]);
    expect(message).not.toContain("tiger");
  });
});

describe("the statements of a SQL file", () => {
  const first = (text: string) =>
    readSqlFile("x.sql", text).statements.map(one => `${one.line} ${one.words.join(" ")}`);

  it("end with semicolons, but not in strings, names or comments", () => {
    const text = [
      "create table a (x varchar2(9) default ';');",
      "-- a comment; with one",
      "insert into \"a;b\" values ('it''s; fine'); commit",
      "/* a long",
      "; one */ update t set x = 1;",
      "# another; comment",
      "REM it's one as well;",
      "call ttCkpt;",
    ].join("\n");
    expect(first(text)).toEqual([
      "1 CREATE TABLE A",
      "3 INSERT INTO",
      "3 COMMIT",
      "5 UPDATE T SET X",
      "8 CALL TTCKPT",
    ]);
  });

  it("of PL/SQL end with a line that is a slash", () => {
    const text = [
      "create or replace procedure p as begin",
      "  delete from t; commit;",
      "  x := q'[it's; 1]';",
      "end;",
      "/",
      "begin p; end;",
      " / ",
      "drop table t;",
    ].join("\r\n");
    expect(first(text)).toEqual([
      "1 CREATE OR REPLACE PROCEDURE P AS BEGIN DELETE FROM T",
      "6 BEGIN P",
      "8 DROP TABLE T",
    ]);
    expect(readSqlFile("x.sql", text)).toMatchObject({ faults: [], warnings: [] });
  });

  it("may be ttIsql's own commands, which end with their line", () => {
    expect(first("autocommit off\nprompt it's a line\n@other.sql\ncreate table t (x number);")).toEqual([
      "1 AUTOCOMMIT",
      "2 PROMPT",
      "3 ",
      "4 CREATE TABLE T",
    ]);
  });

  it.each([
    ["select 'tiger from dual;\n", "x.sql, line 2: a string begins here and is never ended"],
    ['select "tiger from dual;\n', "x.sql, line 2: a name in quotes begins here and is never ended"],
    ["select 1 /* tiger", "x.sql, line 2: a comment begins here and is never ended"],
    ["begin tiger;\nend;\n", "x.sql, line 2: the PL/SQL block is not ended by a line with / alone"],
    ["select \0 from tiger;", "x.sql, line 2: holds a NUL character; the file must be plain text"],
  ])("are refused with the line where the fault begins: %j", (text, message) => {
    expect(texts(readSqlFile("x.sql", `call a;\n${text}`))).toEqual([message]);
  });

  it("are doubted where the last one does not end", () => {
    expect(doubts(readSqlFile("x.sql", "call a;\n\ncall b"))).toEqual([
      "x.sql, line 3: the last statement is not ended by a semicolon",
    ]);
  });
});

describe("schema.sql", () => {
  it.each([
    "create dynamic readonly cache group g from t (x number)",
    "CREATE /* x */ ASYNCHRONOUS WRITETHROUGH CACHE GROUP g from t",
    "load cache group g commit every 9 rows",
    "drop\ncache group g",
  ])("may not hold %j", statement => {
    expect(texts(checkSchemaSql(`create table t (x number);\n${statement};`))).toEqual([
      "schema.sql, line 2: a cache group statement must stand in cachegroups.sql",
    ]);
  });

  it.each([
    "create active standby pair a on b, a on c",
    "create replication r element e",
    "drop replication r",
  ])("may not hold %j", statement => {
    expect(texts(checkSchemaSql(`-- x\n${statement};`))).toEqual([
      "schema.sql, line 2: a replication scheme is not allowed here; the operator creates it",
    ]);
  });

  it("may speak of them in strings, comments and blocks, and name tables after them", () => {
    const text = [
      "insert into t values ('; create cache group g;');",
      "-- create replication r;",
      "create table replication (x number);",
      "begin execute immediate 'create cache group g'; end;",
      "/",
    ].join("\n");
    expect(checkSchemaSql(text)).toEqual({ faults: [], warnings: [] });
  });
});

describe("cachegroups.sql", () => {
  it("must create a cache group", () => {
    expect(texts(checkCacheGroupsSql("call ttOptUpdateStats('t', 1);"))).toEqual([
      "cachegroups.sql: holds no CREATE CACHE GROUP statement",
    ]);
    expect(checkCacheGroupsSql("create cache group g from t (x number);").faults).toEqual([]);
    expect(checkCacheGroupsSql("autocommit 0\ncreate dynamic cache group g from t;").faults).toEqual([]);
  });

  it("may not hold a replication scheme", () => {
    expect(
      texts(checkCacheGroupsSql("create cache group g from t;\ncreate active standby pair a on b, a on c;")),
    ).toEqual(["cachegroups.sql, line 2: a replication scheme is not allowed here; the operator creates it"]);
  });
});

describe("epilog.sql", () => {
  it("may hold anything that ends", () => {
    expect(checkEpilogSql("create replication r;").faults).toEqual([]);
    expect(texts(checkEpilogSql("call x('"))).toEqual([
      "epilog.sql, line 1: a string begins here and is never ended",
    ]);
  });
});

describe("passwords in SQL", () => {
  const text = `create user a identified by "Ti ger";
    create user b identified
      by 'it''s';alter user c IDENTIFIED BY tiger; create user d identified externally;
    create user e identified by 'tigers'; create user f identified by x;`;

  it("are known", () => {
    expect(secretsOfSql(text)).toEqual(["Ti ger", "tigers", "tiger", "it's"]);
  });

  it("are covered wherever TimesTen quotes them", () => {
    const message = `TT1001: Syntax error before or at: "TIGER", character position 31, near tigers and it's`;
    expect(withoutThese(message, secretsOfSql(text))).toBe(
      `TT1001: Syntax error before or at: "***", character position 31, near *** and ***`,
    );
  });
});

import { TimesTenError } from "../../../simulator/shared/errors";
import { tableDefinition } from "../../../simulator/sql/ddl";
import { rewrite, type Names } from "../../../simulator/sql/rewrite";
import { isReplicated, parseScheme } from "../../../simulator/sql/scheme";
import { Reader, tokenize } from "../../../simulator/sql/tokens";

const known = new Set(["APP.T", "APP.U", "SYS.DUAL"]);
const names: Names = {
  user: "APP",
  resolve: (owner, name) =>
    [`${owner ?? "APP"}.${name}`, ...(owner === null ? [`SYS.${name}`] : [])].find(full => known.has(full)) ??
    null,
  sequence: (_owner, name, next) => (name === "S" ? (next ? "7" : "6") : null),
  now: () => "'2023-01-05 10:00:00'",
};
const sqlite = (sql: string): string => rewrite(tokenize(sql), names).sql;

describe("statements in TimesTen's dialect become SQLite's", () => {
  it.each([
    ["select * from app.t", 'SELECT * FROM "APP.T" AS "T"'],
    [
      "select t.k from t where t.k in (select k from u)",
      'SELECT T.K FROM "APP.T" AS "T" WHERE T.K IN ( SELECT K FROM "APP.U" AS "U" )',
    ],
    ["select a.k, b.k from t a, app.u b", 'SELECT A.K , B.K FROM "APP.T" A , "APP.U" B'],
    [
      "select app.t.k from app.t left join u on u.k = app.t.k",
      'SELECT "T"."K" FROM "APP.T" AS "T" LEFT JOIN "APP.U" AS "U" ON U.K = "T"."K"',
    ],
    [
      "insert into t (k, v) values (s.nextval, 'a . b')",
      `INSERT INTO "APP.T" ( K , V ) VALUES ( 7 , 'a . b' )`,
    ],
    ["insert into t select * from u", 'INSERT INTO "APP.T" SELECT * FROM "APP.U" AS "U"'],
    [
      "update app.t set v = ? where k = :id and v <> :id",
      'UPDATE "APP.T" AS "T" SET V = ?1 WHERE K = ?2 AND V <> ?2',
    ],
    ["delete t where k = 1", 'DELETE FROM "APP.T" AS "T" WHERE K = 1'],
    ["select first 2 k from t", 'SELECT K FROM "APP.T" AS "T" LIMIT 2'],
    ["select rows 3 to 5 k from t for update", 'SELECT K FROM "APP.T" AS "T" LIMIT 3 OFFSET 2'],
    [
      "select k from t minus select k from u",
      'SELECT K FROM "APP.T" AS "T" EXCEPT SELECT K FROM "APP.U" AS "U"',
    ],
    ["select sysdate, user from dual", `SELECT '2023-01-05 10:00:00' , 'APP' FROM "SYS.DUAL" AS "DUAL"`],
    [
      "with w as (select k from t) select * from w",
      'WITH W AS ( SELECT K FROM "APP.T" AS "T" ) SELECT * FROM W',
    ],
    [
      "select * from (select k from t) x, u",
      'SELECT * FROM ( SELECT K FROM "APP.T" AS "T" ) X , "APP.U" AS "U"',
    ],
    ["select 0x0f from dual", `SELECT x'0f' FROM "SYS.DUAL" AS "DUAL"`],
  ])("%s", (given, wanted) => expect(sqlite(given)).toBe(wanted));

  it("names the table that does not exist", () => {
    expect(() => sqlite("select * from other.t")).toThrow(new TimesTenError(2206, "Table OTHER.T not found"));
    expect(() => sqlite("select * from missing")).toThrow("Table APP.MISSING not found");
  });

  it("marks what holds for this moment only", () => {
    expect(rewrite(tokenize("select sysdate from dual"), names).volatile).toBe(true);
    expect(rewrite(tokenize("select k from t where k = ?"), names)).toMatchObject({
      volatile: false,
      params: [null],
      tables: ["APP.T"],
    });
  });
});

describe("table definitions", () => {
  const define = (text: string) =>
    tableDefinition(tokenize(text), (owner, name) => `${owner ?? "APP"}.${name}`);

  it("keep TimesTen's types for people and give SQLite its own", () => {
    const { columns, body, primaryKey } = define(
      "k tt_bigint not null, v varchar2(40 byte) not inline default 'x', b varbinary(8), primary key (k)",
    );
    expect(columns).toEqual([
      { name: "K", type: "TT_BIGINT", nullable: false },
      { name: "V", type: "VARCHAR2 (40 BYTE) NOT INLINE", nullable: true },
      { name: "B", type: "VARBINARY (8)", nullable: true },
    ]);
    expect(primaryKey).toEqual(["K"]);
    expect(body).toBe(`"K" INTEGER NOT NULL, "V" TEXT DEFAULT 'x', "B" BLOB, PRIMARY KEY ("K")`);
  });

  it("make key columns NOT NULL, as SQLite alone would not", () => {
    expect(define("k number primary key").body).toBe('"K" NUMERIC NOT NULL, PRIMARY KEY ("K")');
    expect(define("k number primary key").columns[0]?.nullable).toBe(false);
  });

  it("know references to other tables", () => {
    expect(define("k number primary key, p number references u (k) on delete cascade").body).toContain(
      '"P" NUMERIC REFERENCES "APP.U" ("K") ON DELETE CASCADE',
    );
  });

  it("refuse a type nobody knows", () => expect(() => define("k nonsense(3)")).toThrow(TimesTenError));
});

describe("CREATE ACTIVE STANDBY PAIR", () => {
  const parse = (text: string) => {
    const reader = new Reader(tokenize(text));
    reader.expect("CREATE", "ACTIVE", "STANDBY", "PAIR");
    return parseScheme(reader, "APP", text);
  };

  it("reads the statement that the operator's documents show", () => {
    const scheme = parse(
      'create active standby pair "demo" on "demo-0.demo.ns.svc.cluster.local", "demo" on "demo-1.demo.ns.svc.cluster.local" NO RETURN ' +
        'store "demo" on "demo-0.demo.ns.svc.cluster.local" PORT 4444 FAILTHRESHOLD 0 store "demo" on "demo-1.demo.ns.svc.cluster.local" PORT 4445 FAILTHRESHOLD 10',
    );
    expect(scheme.returnService).toBe("none");
    expect(
      scheme.masters.map(({ database, host, port, failThreshold }) => ({
        database,
        host,
        port,
        failThreshold,
      })),
    ).toEqual([
      { database: "demo", host: "demo-0.demo.ns.svc.cluster.local", port: 4444, failThreshold: 0 },
      { database: "demo", host: "demo-1.demo.ns.svc.cluster.local", port: 4445, failThreshold: 10 },
    ]);
  });

  it("reads every attribute of a store, in any case and without quotes", () => {
    const scheme = parse(
      "CREATE ACTIVE STANDBY PAIR Sample ON host-a.example, sample on HOSTB return TWOSAFE SUBSCRIBER sub ON hostc " +
        "STORE sample ON host-a.example DISABLE RETURN ALL 3 RETURN SERVICES OFF WHEN REPLICATION STOPPED DURABLE COMMIT ON RESUME RETURN 500 " +
        "LOCAL COMMIT ACTION COMMIT RETURN WAIT TIME 5 COMPRESS TRAFFIC ON PORT 5000 TIMEOUT 30 FAILTHRESHOLD 2 TABLE DEFINITION CHECKING RELAXED " +
        "EXCLUDE TABLE local, sys2.x",
    );
    expect(scheme).toMatchObject({
      returnService: "twosafe",
      exclude: ["APP.LOCAL", "SYS2.X"],
    });
    expect(scheme.masters[0]).toEqual({
      database: "sample",
      host: "host-a.example",
      port: 5000,
      failThreshold: 2,
      timeoutS: 30,
      returnWaitS: 5,
      localCommit: "commit",
      disableReturn: 3,
      resumeReturnMs: 500,
      returnWhenStopped: false,
      durableCommit: true,
    });
    expect(scheme.subscribers).toHaveLength(1);
  });

  it.each([
    ["RETURN RECEIPT", "receipt", false],
    ["RETURN TWOSAFE BY REQUEST", "twosafe", true],
    ["", "none", false],
  ])("knows the return service %s", (clause, returnService, byRequest) => {
    expect(parse(`create active standby pair a on h1, a on h2 ${clause}`)).toMatchObject({
      returnService,
      byRequest,
    });
  });

  it("refuses one store, unknown stores and unknown clauses", () => {
    expect(() => parse("create active standby pair a on h1")).toThrow(TimesTenError);
    expect(() => parse("create active standby pair a on h1, a on h2 store b on h1 port 1")).toThrow(
      TimesTenError,
    );
    expect(() => parse("create active standby pair a on h1, a on h2 nonsense")).toThrow(TimesTenError);
  });

  it("tells which tables take part", () => {
    const all = parse("create active standby pair a on h1, a on h2");
    const without = parse("create active standby pair a on h1, a on h2 exclude table t");
    expect([
      isReplicated(all, "APP.T"),
      isReplicated(without, "APP.T"),
      isReplicated(without, "APP.U"),
      isReplicated(all, "SYS.DUAL"),
    ]).toEqual([true, false, true, false]);
  });
});

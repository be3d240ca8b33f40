import {
  checkRepCreateStatement,
  checkReturnService,
  checkStoreAttribute,
  describeFileFault,
  fillVariables,
  type StatementValues,
} from "../../../capabilities/metadata";

const values: StatementValues = {
  database: "sample",
  repPort: 4444,
  hosts: ["sample-0.sample.ns.svc.cluster.local", "sample-1.sample.ns.svc.cluster.local"],
  conflictReportDir: "/tt/home/oracle/conflict",
  agentUser: "ttagent",
};

const pair = 'create active standby pair "{{tt-name}}" on "{{tt-node-0}}", "{{tt-name}}" on "{{tt-node-1}}"';
const store = (host: number, attributes = "PORT {{tt-rep-port}} FAILTHRESHOLD 0") =>
  `store "{{tt-name}}" on "{{tt-node-${host}}}" ${attributes}`;
const good = [pair, "RETURN TWOSAFE", store(0), store(1)].join("\n");

const check = (statement: string, given = values) => {
  const { faults, warnings } = checkRepCreateStatement(statement, given);
  return { faults: faults.map(describeFileFault), warnings: warnings.map(describeFileFault) };
};
const faultsOf = (statement: string) => check(statement).faults;

describe("a replication statement of the user", () => {
  it.each([
    good,
    `${good};`,
    `/* mine */ -- and\n ${good
      .toUpperCase()
      .replaceAll("TT-", "tt-")
      .replace(/(NAME|NODE-\d|REP-PORT)\}/g, one => one.toLowerCase())} ; `,
    `create active standby pair sample on sample-0.sample.ns.svc.cluster.local, sample on sample-1.sample.ns.svc.cluster.local
     store sample on sample-0.sample.ns.svc.cluster.local port 4444
     store sample on sample-1.sample.ns.svc.cluster.local port 4444`,
    `${pair} no return ${store(0)} ${store(1)} exclude table {{tt-agent-user}}.ping, "App".t include cache group g, sequence s`,
    `${pair} return receipt by request subscriber sub on "far.example.com", sub2 on other
     ${store(0, "PORT 4444 TIMEOUT 5 RETURN SERVICES OFF WHEN REPLICATION STOPPED DURABLE COMMIT ON RESUME RETURN 5 COMPRESS TRAFFIC ON TABLE DEFINITION CHECKING RELAXED")}
     ${store(1, "RETURN WAIT TIME 9 LOCAL COMMIT ACTION NO ACTION PORT 4444")}
     store sub on "far.example.com" port 17000
     route master sample on "{{tt-node-0}}" subscriber sub on "far.example.com" masterip "10.0.0.1" priority 1 subscriberip "10.0.0.2" priority 2`,
  ])("is taken as it is: %#", statement => {
    expect(check(statement)).toEqual({ faults: [], warnings: [] });
  });

  const path = "spec.ttspec.repCreateStatement";
  it.each([
    ["51", "create replication r", `${path}, line 1: must begin with "create active standby pair"`],
    ["51", "", `${path}, line 1: must begin with "create active standby pair"`],
    [
      "52",
      good.replaceAll("{{tt-node-1}}", "elsewhere"),
      `${path}, line 1: must name both {{tt-node-0}} and {{tt-node-1}}`,
    ],
    [
      "52",
      good.replaceAll("{{tt-node-1}}", "{{tt-node-0}}"),
      `${path}, line 1: must name both {{tt-node-0}} and {{tt-node-1}}`,
    ],
    [
      "53",
      good.replaceAll("{{tt-name}}", "other"),
      `${path}, line 1: uses the database "other"; use "sample" or {{tt-name}}`,
    ],
    [
      "54",
      good.replace("RETURN", "{{tt-node-2}} {{}} RETURN"),
      `${path}, line 2: contains the unknown variable {{tt-node-2}}`,
    ],
    ["55", `${pair} ${store(0)}`, `${path}, line 1: must set PORT {{tt-rep-port}} (4444) for each store`],
    [
      "55",
      good.replace("PORT {{tt-rep-port}}", "PORT 4445"),
      `${path}, line 3: must set PORT {{tt-rep-port}} (4444) for each store`,
    ],
    ["56", `${good}; drop table t`, `${path}, line 4: must be a single statement`],
    [
      "a third store",
      `${pair}, x on y ${store(0)} ${store(1)}`,
      `${path}, line 1: must name two stores, no more`,
    ],
    [
      "a stray store",
      `${good}\nstore x on y port 1`,
      `${path}, line 5: sets attributes of "y", which is no store of the scheme`,
    ],
    [
      "no attribute",
      `${good}\nstore x on y`,
      `${path}, line 5: an attribute of the store, e.g. PORT, is expected where the end of the statement stands`,
    ],
    [
      "a wrong word",
      good.replace("TWOSAFE", "THREESAFE"),
      `${path}, line 2: RECEIPT or TWOSAFE is expected where "THREESAFE" stands`,
    ],
    [
      "a text as number",
      good.replace("FAILTHRESHOLD 0", "FAILTHRESHOLD x"),
      `${path}, line 3: a number after FAILTHRESHOLD is expected where "X" stands`,
    ],
    ["an open string", `${good}\n'tiger`, `${path}, line 5: a string is never ended`],
    ["an open comment", `${good}\n/* tiger`, `${path}, line 5: a comment is never ended`],
    ["a NUL", `${good}\n\0`, `${path}, line 5: holds a control character`],
    [
      "more than TimesTen takes",
      good.padEnd(409_601),
      `${path}: has more than the 409600 characters that TimesTen takes`,
    ],
  ])("is refused when it cannot work (case %s)", (_, statement, message) => {
    expect(faultsOf(statement)[0]).toBe(message);
  });

  it("is refused with all that is wrong in it", () => {
    const statement = good.replaceAll("{{tt-name}}", "other").replace("PORT {{tt-rep-port}}", "PORT 1");
    expect(faultsOf(`${statement}; x`)).toHaveLength(3);
  });

  it.each(["DISABLE RETURN ALL 10", "LOCAL COMMIT ACTION COMMIT"])(
    "is doubted with two-safe and %s",
    attribute => {
      const doubtful = good.replace("FAILTHRESHOLD 0", attribute);
      expect(check(doubtful)).toMatchObject({
        faults: [],
        warnings: [expect.stringContaining("cannot choose")],
      });
      expect(check(doubtful.replace("TWOSAFE", "RECEIPT")).warnings).toEqual([]);
    },
  );

  it("may be checked before the domain of the cluster is known", () => {
    const hosts = ["sample-0.sample.ns.svc", "sample-1.sample.ns.svc"] as const;
    expect(check(fillVariables(good, values), { ...values, hosts }).faults).toEqual([]);
    expect(check(good, { ...values, hosts }).faults).toEqual([]);
  });

  it("gets its variables filled in, blanks around them or not; others stay", () => {
    expect(
      fillVariables("{{ tt-name }}:{{tt-rep-port}}:{{tt-conflict-report-dir}}:{{x}}:{{constructor}}", values),
    ).toBe("sample:4444:/tt/home/oracle/conflict:{{x}}:{{constructor}}");
  });
});

describe("the return service of the generated statement", () => {
  it.each([
    "NO RETURN",
    "return receipt",
    "RETURN RECEIPT BY REQUEST",
    "Return Twosafe",
    "RETURN TWOSAFE by request",
  ])("may be %s", text => expect(checkReturnService(text).faults).toEqual([]));

  it.each([
    "",
    "RETURN",
    "TWOSAFE",
    "RETURN TWOSAFE; drop table t",
    "NO RETURN store x on y PORT 1",
    "'",
    "NO RETURN NO RETURN",
  ])("may not be %j", text => {
    expect(checkReturnService(text).faults.map(describeFileFault)).toEqual([
      "spec.ttspec.repReturnServiceAttribute, line 1: must be NO RETURN, RETURN RECEIPT [BY REQUEST] or RETURN TWOSAFE [BY REQUEST]",
    ]);
  });
});

describe("the store attributes of the generated statement", () => {
  const path = "spec.ttspec.repStoreAttribute";
  it.each([
    ["PORT 4444 FAILTHRESHOLD 10", []],
    ["FAILTHRESHOLD 10", [`${path}, line 1: must contain PORT 4444`]],
    ["FAILTHRESHOLD 10\nPORT 4445", [`${path}, line 2: must contain PORT 4444`]],
    [
      "PORT 4444 store x on y",
      [`${path}, line 1: an attribute of a store, e.g. FAILTHRESHOLD 0, is expected where "STORE" stands`],
    ],
    ["", [`${path}, line 1: must contain PORT 4444`]],
  ])("%j: %j", (text, faults) => {
    expect(checkStoreAttribute(text, 4444).faults.map(describeFileFault)).toEqual(faults);
  });

  it("are doubted with two-safe where commits stop waiting", () => {
    const doubtful = "PORT 4444 DISABLE RETURN ALL 10";
    expect(checkStoreAttribute(doubtful, 4444, "RETURN TWOSAFE").warnings).toHaveLength(1);
    expect(checkStoreAttribute(doubtful, 4444, "RETURN RECEIPT").warnings).toEqual([]);
  });
});

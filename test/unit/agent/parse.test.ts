import fc from "fast-check";
import { firstError, parseErrors } from "../../../agent/timesten/parse/error";
import {
  parseFound,
  parseLag,
  parseNumber,
  parsePeerState,
  parseRepState,
  parseRows,
  parseScheme,
  parseWait,
} from "../../../agent/timesten/parse/isql";
import { parsePolicies } from "../../../agent/timesten/parse/ttadmin";
import { dbStateOf, parseTtStatus, userConnections } from "../../../agent/timesten/parse/ttstatus";
import { parseTtVersion, releaseOfFolder, releaseOfZip } from "../../../agent/timesten/parse/ttversion";

const report = `TimesTen status report as of Thu Jan  5 10:00:00 2023

Daemon pid 101 port 6624 instance instance1
TimesTen server pid 108 started on port 6625
------------------------------------------------------------------------
------------------------------------------------------------------------
Data store /tt/home/oracle/datastore/sample
Daemon pid 101 port 6624 instance instance1
TimesTen server pid 108 started on port 6625
There are 7 connections to the data store
Shared Memory KEY 0x02011c82 ID 2
PL/SQL Memory KEY 0x03011c82 ID 3 Address 0x5000000000
Type            PID     Context             Connection Name   ConnID
Process         4321    0x00007f5975c07010  sample                1
Server          108     0x00007f5975c07020  app over net          3
Replication     222     0x00007f5975c07030  REPHOLD               2
Replication     222     0x00007f5975c07040  TRANSMITTER           6
Subdaemon       103     0x00007f5975c07050  Manager            2032
Subdaemon       103     0x00007f5975c07060  Checkpoint         2036
Subdaemon       104     0x00007f5975c07070  Deadlock Detector  2037
Open for user connections
Replication policy  : Manual
Replication agent is running.
Cache Agent policy  : Manual
PL/SQL enabled.
------------------------------------------------------------------------
Accessible by group oracle
End of report
`;

describe("the report of ttStatus", () => {
  const parsed = parseTtStatus(report);
  if (parsed.daemon !== "Up") throw new Error("not Up");
  const section = parsed.databases[0];
  if (section === undefined) throw new Error("no database");

  it("names the daemon, the server and the one database", () => {
    expect(parsed).toMatchObject({ daemonPid: 101, serverPid: 108 });
    expect(parsed.databases.map(database => database.dataStore)).toEqual([
      "/tt/home/oracle/datastore/sample",
    ]);
  });

  it("lists every connection with its process", () => {
    expect(section.connectionCount).toBe(7);
    expect(section.connections).toHaveLength(7);
    expect(section.connections).toContainEqual({ type: "Subdaemon", pid: 104, name: "Deadlock Detector" });
  });

  it("tells users from TimesTen's own connections", () => {
    expect(userConnections(section).map(connection => connection.pid)).toEqual([4321, 108]);
  });

  it("says that the database is loaded, open and replicating", () => {
    expect(dbStateOf(section, true)).toBe("Loaded");
    expect(section).toMatchObject({ open: true, repAgent: true, cacheAgent: false });
  });

  it("says closed when it is closed, and nothing when it does not say", () => {
    const closed = parseTtStatus(report.replace("Open for user connections", "Closed to user connections"));
    const silent = parseTtStatus(report.replace("Open for user connections\n", ""));
    expect(closed).toMatchObject({ databases: [{ open: false }] });
    expect(silent).toMatchObject({ databases: [{ open: null }] });
  });

  it("says when the database is being loaded or unloaded, or gives no answer", () => {
    const said = (line: string) => {
      const text = report.replace("Open for user connections", line);
      const again = parseTtStatus(text);
      return again.daemon === "Up" ? dbStateOf(again.databases[0], true) : "no report";
    };
    expect(said("Data store is loading")).toBe("Loading");
    expect(said("Data store is unloading")).toBe("Unloading");
    expect(said("Data store does not answer")).toBe("Unknown");
    expect(said("Data store is manually loaded into RAM")).toBe("Loaded");
  });

  it("is not misled by the name of a database or connection", () => {
    const text = report
      .replace("datastore/sample", "loading/unloading")
      .replace("app over net", "loading now ");
    const again = parseTtStatus(text);
    expect(again.daemon === "Up" && dbStateOf(again.databases[0], true)).toBe("Loaded");
  });

  it("is Down when the daemon cannot be reached, and Unknown for anything else", () => {
    expect(parseTtStatus("ttStatus: Could not connect to the TimesTen daemon.\n")).toEqual({
      daemon: "Down",
    });
    expect(parseTtStatus("Segmentation fault")).toEqual({ daemon: "Unknown" });
  });

  it("knows an unloaded database from none and from one whose files are there without a section", () => {
    const unloaded = { ...section, connectionCount: 0, connections: [] };
    expect(dbStateOf(unloaded, true)).toBe("Unloaded");
    expect(dbStateOf(undefined, true)).toBe("Unloaded");
    expect(dbStateOf(undefined, false)).toBe("None");
    expect(dbStateOf({ ...section, inactive: true }, true)).toBe("Unloaded");
    expect(dbStateOf({ ...section, loading: true }, true)).toBe("Loading");
    expect(dbStateOf({ ...section, unloading: true }, true)).toBe("Unloading");
    expect(dbStateOf({ ...section, obsolete: true }, true)).toBe("Transitioning");
    expect(dbStateOf({ ...section, silent: true, connectionCount: 0 }, true)).toBe("Unknown");
  });
});

describe("releases", () => {
  it("come from ttVersion", () => {
    expect(
      parseTtVersion("TimesTen Release 18.1.4.11.0 (64 bit Linux/x86_64) (instance1:6624) 2021-04-06"),
    ).toBe("18.1.4.11.0");
    expect(parseTtVersion("command not found")).toBe("Unknown");
  });

  it.each([
    ["timesten181440.server.linux8664.zip", "18.1.4.4.0"],
    ["timesten1814110.server.linux8664.zip", "18.1.4.11.0"],
    ["timesten2211220.server.linux8664.zip", "22.1.1.22.0"],
  ])("come from the name of the distribution %s", (name, release) => {
    expect(releaseOfZip(name)).toBe(release);
  });

  it("come from the folder of an unpacked distribution", () => {
    expect(releaseOfFolder("tt18.1.4.4.0")).toBe("18.1.4.4.0");
    expect(releaseOfFolder("tt-latest")).toBeNull();
    expect(releaseOfZip("timesten.client.zip")).toBeNull();
  });
});

describe("the policy block of ttAdmin", () => {
  const block = `RAM Residence Policy            : manual
Manually Loaded In RAM          : True
Replication Agent Policy        : manual
Database State                  : Closed
`;
  it("says whether the database is loaded and open", () => {
    expect(parsePolicies(block)).toEqual({ ramPolicy: "manual", manuallyLoaded: true, open: false });
    expect(parsePolicies(block.replace("Closed", "Open")).open).toBe(true);
  });

  it("says nothing where there is no block", () => {
    expect(parsePolicies("")).toEqual({ ramPolicy: null, manuallyLoaded: null, open: null });
  });
});

describe("errors", () => {
  it("are read from ttIsql", () => {
    const output =
      "Command> 16265: This database is currently the STANDBY.  Change to A.T not permitted.\nThe command failed.\n";
    expect(parseErrors(output)).toEqual([
      {
        number: 16265,
        message: "TT16265: This database is currently the STANDBY. Change to A.T not permitted.",
      },
    ]);
  });

  it("are read from a utility, over several lines and without TimesTen's source file", () => {
    const output = `*** [TimesTen][TimesTen 22.1.1.21 ODBC Driver][TimesTen]TT8191:
This store (repl1 on my_host) is not involved in a replication scheme --
file "eeProc.c", lineno 11016, procedure "RepAdmin()"
*** ODBC Error = S1000, TimesTen Error = 8191`;
    expect(parseErrors(output)).toEqual([
      {
        number: 8191,
        message: "TT8191: This store (repl1 on my_host) is not involved in a replication scheme",
      },
    ]);
  });

  it("fall back to the first sentence of something that failed", () => {
    expect(firstError("\nttAdmin: no such DSN\nusage: ...")).toEqual({
      number: null,
      message: "ttAdmin: no such DSN",
    });
    expect(firstError("\n \n")).toBeNull();
  });

  it("are not seen in rows and counts", () => {
    expect(parseErrors("< 2206, x >\n1 row found.\nConnection successful: DSN=a;UID=b")).toEqual([]);
  });
});

describe("answers of ttIsql", () => {
  it("are rows behind a prompt, with NULL as null", () => {
    expect(parseRows(["Command> < 1, <NULL>, a b >", "1 row found."])).toEqual([["1", null, "a b"]]);
  });

  it("tell the replication state", () => {
    expect(parseRepState(["< STANDBY >"])).toBe("STANDBY");
    expect(parseRepState(["< something new >"])).toBe("Unknown");
    expect(parseRepState([])).toBe("Unknown");
  });

  it("tell the state of the peer, and of no other subscriber", () => {
    const rows = [
      "< SAMPLE, sub-0.sample.ns.svc, 4444, failed, 0, 1, _ACTIVESTANDBY, TTREP >",
      "< SAMPLE, SAMPLE-1.sample.ns.svc, 4444, start, 1, 0.2, _ACTIVESTANDBY, TTREP >",
    ];
    expect(parsePeerState(rows, ["sample-1.sample.ns.svc"])).toBe("start");
    expect(parsePeerState(rows, ["sample-9.sample.ns.svc"])).toBe("Unknown");
  });

  it("count what was found", () => {
    expect(parseFound(["0 replication schemes found."], "replication scheme")).toBe(0);
    expect(parseFound(["2 cache groups found."], "cache group")).toBe(2);
    expect(parseFound(["?"], "cache group")).toBeNull();
  });

  it("tell what the replication scheme promises", () => {
    expect(parseScheme(["0 replication schemes found."])).toMatchObject({
      exists: "None",
      usingTwosafe: false,
    });
    expect(parseScheme(["Return Service: RETURN TWOSAFE", "1 replication scheme found."])).toMatchObject({
      exists: "Exists",
      usingTwosafe: true,
    });
    expect(parseScheme([]).exists).toBe("Unknown");
  });

  it("tell whether the standby has everything", () => {
    expect([parseWait(["< 00 >"]), parseWait(["< 01 >"]), parseWait(["?"])]).toEqual([true, false, null]);
  });

  it("hold one number", () => {
    expect(parseNumber(["< 417 >"])).toBe(417);
    expect(parseNumber(["< abc >"])).toBeNull();
    expect(parseNumber([])).toBeNull();
  });
});

describe("no text whatsoever makes a parser throw", () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom(
      ...report.split("\n"),
      "< ",
      " >",
      "Command> ",
      "12: x",
      "TT1: ",
      "-- file",
      "Data store /x",
      "<NULL>",
    ),
  );
  const text = fc.array(piece, { maxLength: 30 }).map(pieces => pieces.join("\n"));

  it("and Unknown or null is the answer", () => {
    fc.assert(
      fc.property(text, garbage => {
        const lines = garbage.split("\n");
        expect(["Up", "Down", "Unknown"]).toContain(parseTtStatus(garbage).daemon);
        parsePolicies(garbage);
        parseTtVersion(garbage);
        releaseOfZip(garbage);
        parseErrors(garbage);
        firstError(garbage);
        parseRows(lines);
        parseRepState(lines);
        parsePeerState(lines, ["a"]);
        parseNumber(lines);
        parseScheme(lines);
        parseWait(lines);
      }),
    );
  });

  it("and a report with foreign lines between its own keeps its database", () => {
    fc.assert(
      fc.property(fc.nat(report.split("\n").length), fc.stringMatching(/^[ a-z0-9:]{0,40}$/), (at, line) => {
        const lines = report.split("\n");
        lines.splice(at, 0, `note ${line}`);
        const parsed = parseTtStatus(lines.join("\n"));
        expect(parsed.daemon === "Up" && parsed.databases.length).toBe(1);
      }),
    );
  });
});

describe("ttBookmark", () => {
  it("says how much log the standby has not confirmed", () => {
    expect(parseLag(["< 0, 5000, 0, 4000, 0, 3000 >", "1 row found."])).toBe(2_000);
    expect(parseLag(["< 2, 100, 2, 100, 1, 67108764 >", "1 row found."])).toBe(200);
    expect(parseLag(["< 0, 10, 0, 10, 0, 20 >"])).toBe(0);
  });

  it("is unknown where the answer is another", () => {
    expect(parseLag([])).toBeNull();
    expect(parseLag(["< 0, 5000 >"])).toBeNull();
    expect(parseLag(["< <NULL>, <NULL>, 0, 0, -1, -1 >"])).toBeNull();
  });
});

/** The replication built-ins: ttRepStateGet, ttRepStateSet and the others, and the DDL of active standby pairs. */
import type { Database } from "../engine/database";
import { newControl } from "../engine/control";
import { done, rows, type Procedure } from "../engine/procedures";
import type { Value } from "../engine/records";
import { errors } from "../shared/errors";
import { isReplicated, parseScheme } from "../sql/scheme";
import { Reader, tokenize } from "../sql/tokens";
import type { ReplicationAgent } from "./agent";

const text = (value: Value | undefined): string => (typeof value === "string" ? value : "");

/** ttRepStateSave and the like name the peer: it must be ours. */
function checkPeer(agent: ReplicationAgent, database: string, host: string): void {
  const peer = agent.places()?.peer;
  if (peer === undefined) throw errors.noScheme();
  const fits = (given: string, known: string): boolean =>
    given === "" || given.toLowerCase() === known.toLowerCase();
  if (!fits(database, peer.database) || !fits(host, peer.host))
    throw errors.notAStore(`${database} on ${host}`);
}

function createPair(database: Database, agent: ReplicationAgent, user: string, sql: string): void {
  const { control, catalog } = database;
  if (control.scheme !== null) throw errors.schemeExists();
  const reader = new Reader(tokenize(sql));
  reader.expect("CREATE", "ACTIVE", "STANDBY", "PAIR");
  const scheme = parseScheme(reader, user, sql.trim().replace(/;$/, ""));
  for (const [name, table] of Object.entries(catalog.tables)) {
    if (/^(SYS|TTREP)\./.test(name) || !isReplicated(scheme, name) || table.primaryKey.length > 0) continue;
    throw errors.noPrimaryKey(name);
  }
  database.setControl({ ...newControl(), scheme, role: "NEW" });
  if (agent.places() === null) {
    database.setControl(newControl());
    throw errors.notAStore("this host");
  }
}

/** Procedures and statements about the pair. */
export function replicationProcedures(
  database: Database,
  agent: ReplicationAgent,
): Record<string, Procedure> {
  const setPeer = (state: string): void => {
    const known = (["start", "pause", "stop", "failed"] as const).find(word => word === state.toLowerCase());
    if (known === undefined) throw errors.argument(`${state} is no state of a peer`);
    agent.setPeer(known);
  };
  return {
    "CREATE ACTIVE STANDBY PAIR": (session, [sql]) => {
      session.require("ADMIN");
      if (agent.running) throw errors.stopAgentFirst();
      createPair(database, agent, session.user, text(sql));
      return done;
    },
    "DROP ACTIVE STANDBY PAIR": session => {
      session.require("ADMIN");
      if (database.control.scheme === null) throw errors.noScheme();
      if (agent.running) throw errors.stopAgentFirst();
      database.setControl(newControl());
      database.state = "IDLE";
      return done;
    },
    TTREPSTATEGET: () => rows(["STATE"], [database.state]),
    TTREPSTATESET: (session, [state]) => {
      session.require("ADMIN");
      if (text(state).toUpperCase() !== "ACTIVE")
        throw errors.argument("The only state that can be set is 'ACTIVE'");
      agent.setActive();
      return done;
    },
    TTREPDEACTIVATE: session => {
      session.require("ADMIN");
      agent.deactivate();
      return done;
    },
    TTREPSTATESAVE: (session, [state, name, host]) => {
      session.require("ADMIN");
      if (text(state).toUpperCase() !== "FAILED")
        throw errors.argument("The only state that can be saved is 'FAILED'");
      if (database.state !== "ACTIVE") throw errors.saveNotActive();
      checkPeer(agent, text(name), text(host));
      agent.setPeer("failed");
      return done;
    },
    TTREPSUBSCRIBERSTATESET: (session, [, , name, host, state]) => {
      session.require("ADMIN");
      checkPeer(agent, text(name), text(host));
      setPeer(["start", "stop", "pause"][Number(state)] ?? text(state));
      return done;
    },
    TTREPSTART: async session => {
      session.require("ADMIN");
      await agent.start();
      return done;
    },
    TTREPSTOP: session => {
      session.require("ADMIN");
      agent.stop();
      return done;
    },
    TTREPSUBSCRIBERWAIT: async (_session, [, , name, host, seconds]) => {
      checkPeer(agent, text(name), text(host));
      const arrived = await agent.returns.wait(Number(seconds ?? 300) * 1000);
      return rows(["TIMEOUT"], [{ hex: arrived ? "00" : "01" }]);
    },
    TTREPLICATIONSTATUS: () => {
      const peer = agent.peerStatus();
      const columns = [
        "SUBSCRIBER",
        "HOSTNAME",
        "PORT",
        "PSTATE",
        "LOGS",
        "LASTMSG",
        "REPLICATIONNAME",
        "REPLICATIONOWNER",
      ];
      if (peer === null) return rows(columns);
      return rows(columns, [
        peer.database.toUpperCase(),
        peer.host.toUpperCase(),
        peer.port,
        peer.state,
        peer.logs,
        peer.secondsSilent,
        "_ACTIVESTANDBY",
        "TTREP",
      ]);
    },
    TTREPSYNCGET: () =>
      rows(
        ["REQUESTRETURN", "RETURNWAIT", "LOCALACTION"],
        [{ hex: "00" }, agent.places()?.mine.returnWaitS ?? 10, agent.returns.localCommitOnTimeout() ? 2 : 1],
      ),
    TTREPPOLICYSET: () => done,
    TTREPADMINSTATUS: () => {
      const peer = agent.peerStatus();
      const mine = agent.places()?.mine;
      const head: Value[] = [agent.running ? 1 : 0, agent.port(), mine?.host ?? null];
      if (peer === null) return rows(["RUNNING"], head);
      return rows(
        ["RUNNING"],
        [
          ...head,
          peer.database,
          peer.host,
          peer.port,
          peer.state,
          peer.logs,
          peer.secondsSilent,
          peer.applied,
          peer.durable,
          database.csn,
        ],
      );
    },
  };
}

/** What an object asks for, against what its db.ini needs. */
import type { TimesTenClassicObject } from "../../generated/types";
import { databaseDisk, databaseMemory, type Attribute } from "../metadata";
import { parseQuantity, storageOf } from "../objects";
import type { Reason } from "./decision";

const MIB = 1024 * 1024;
const LOG_VOLUME = "tt-log";

/**
 * @param dbIni its attributes; null where there is none
 * @returns why no database of these sizes can be loaded; only what is certain, since an estimate is on the safe side
 */
export function tooLittleMemory(object: TimesTenClassicObject, dbIni: readonly Attribute[] | null): Reason[] {
  const { databaseMemorySize, automaticMemoryRequests } = object.spec.ttspec;
  if (dbIni === null || databaseMemorySize === undefined || automaticMemoryRequests === false) return [];
  const { permMb, tempMb, logBufferMb } = databaseMemory(dbIni);
  const neededMb = permMb + tempMb + logBufferMb;
  if ((parseQuantity(databaseMemorySize) ?? Infinity) >= neededMb * MIB) return [];
  const message = `spec.ttspec.databaseMemorySize ${databaseMemorySize} is less than the ${neededMb} MiB of PermSize=${permMb}, TempSize=${tempMb}, LogBufMB=${logBufferMb} in db.ini`;
  return [{ reason: "BadMetadata", message }];
}

/** @returns a sentence for each volume that is smaller than recommended for the database */
export function smallVolumes(object: TimesTenClassicObject, dbIni: readonly Attribute[] | null): string[] {
  const { checkpointBytes, logBytes } = databaseDisk(dbIni);
  const { permMb } = databaseMemory(dbIni);
  const volumes = storageOf(object);
  const hasLogVolume = volumes.some(({ name }) => name === LOG_VOLUME);
  return volumes.flatMap(({ name, size }) => {
    const isLog = name === LOG_VOLUME;
    const recommended = isLog ? logBytes : checkpointBytes + (hasLogVolume ? 0 : logBytes);
    if ((parseQuantity(size) ?? Infinity) >= recommended) return [];
    const field = isLog ? "logStorageSize" : "storageSize";
    const why = isLog ? "for log files" : `for two checkpoint files of PermSize=${permMb}`;
    const logs = isLog || hasLogVolume ? "" : " and log files";
    return [`spec.ttspec.${field} ${size} is below the recommended ${recommended / MIB}Mi ${why}${logs}`];
  });
}

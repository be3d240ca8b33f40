/** The comparison with the documents' listings, held against the listings themselves. */
import { automaticUpgrade, differences, manualUpgrade } from "../../cluster/golden";

const sample = { active: "sample-0", standby: "sample-1", release: "18.1.4.11.0" };
const sample2 = { active: "sample2-0", standby: "sample2-1", release: "18.1.4.11.0" };

/** As listed for `sample`, in its order. */
const listed = `Image updated, automatic upgrade started
Deleted STANDBY pod sample-1 per upgrade
TimesTenClassic was Normal, now ActiveTakeover
TimesTenClassic was ActiveTakeover, now StandbyDown
Pod sample-1 Agent Up
Pod sample-1 Release 18.1.4.11.0
Pod sample-1 Instance Exists
Pod sample-1 Daemon Up
Pod sample-1 Database None
Pod sample-1 RepState IDLE
Pod sample-1 Database Loaded
Pod sample-1 CacheAgent Not Running
Pod sample-1 RepAgent Not Running
Pod sample-1 RepScheme Exists
Pod sample-1 Database Not Updatable
Pod sample-1 RepAgent Running
Pod sample-1 RepState STANDBY
TimesTenClassic was StandbyDown, now Normal
Deleted ACTIVE pod sample-0 per upgrade
TimesTenClassic was Normal, now ActiveDown
TimesTenClassic was ActiveDown, now ActiveTakeover
Pod sample-1 RepState ACTIVE
Pod sample-1 Database Updatable
TimesTenClassic was ActiveTakeover, now StandbyDown
Pod sample-0 Agent Up
Pod sample-0 Instance Exists
Pod sample-0 Daemon Up
Pod sample-0 Database None
Pod sample-0 Release 18.1.4.11.0
Pod sample-0 RepState IDLE
Pod sample-0 Database Loaded
Pod sample-0 Database Not Updatable
Pod sample-0 RepAgent Not Running
Pod sample-0 RepScheme Exists
Pod sample-0 CacheAgent Not Running
Pod sample-0 RepAgent Running
Pod sample-0 RepState STANDBY
Upgrade of ACTIVE complete
Upgrade completed in 385 secs
TimesTenClassic was StandbyDown, now Normal`.split("\n");

/** As listed for `sample2`. */
const listed2 = `Image updated, automatic upgrade disabled
TimesTenClassic was Normal, now ActiveTakeover
TimesTenClassic was ActiveTakeover, now StandbyDown
Pod sample2-1 Agent Up
Pod sample2-1 Release 18.1.4.11.0
Pod sample2-1 Daemon Up
Pod sample2-1 Database None
Pod sample2-1 Database Loaded
Pod sample2-1 Database Not Updatable
Pod sample2-1 RepAgent Not Running
Pod sample2-1 RepState IDLE
Pod sample2-1 RepAgent Running
Pod sample2-1 RepState STANDBY
TimesTenClassic was StandbyDown, now Normal
TimesTenClassic was Normal, now ActiveDown
TimesTenClassic was ActiveDown, now ActiveTakeover
Pod sample2-1 RepState ACTIVE
Pod sample2-1 Database Updatable
TimesTenClassic was ActiveTakeover, now StandbyDown
Pod sample2-0 Agent Up
Pod sample2-0 Release 18.1.4.11.0
Pod sample2-0 Daemon Up
Pod sample2-0 Database None
Pod sample2-0 Database Loaded
Pod sample2-0 Database Not Updatable
Pod sample2-0 RepAgent Not Running
Pod sample2-0 RepState IDLE
Pod sample2-0 RepAgent Running
Pod sample2-0 RepState STANDBY
TimesTenClassic was StandbyDown, now Normal`.split("\n");

it("the documents' own listings are as listed", () => {
  expect(differences(listed, automaticUpgrade(sample))).toEqual([]);
  expect(differences(listed2, manualUpgrade(sample2))).toEqual([]);
});

it("further messages about Pods may come anywhere, no others", () => {
  const more = listed2.flatMap(message => [message, "Pod sample2-1 CacheAgent Not Running"]);
  expect(differences(more, manualUpgrade(sample2))).toEqual([]);
  const other = [...listed.slice(0, 20), "TimesTenClassic was ActiveDown, now BothDown", ...listed.slice(20)];
  expect(differences(other, automaticUpgrade(sample))).toHaveLength(1);
  expect(differences([...listed, "Upgrade aborted"], automaticUpgrade(sample))).toHaveLength(1);
});

it.each(listed.map((message, index) => [index, message] as const))("message %i is missed: %s", index => {
  const without = listed.filter((_, i) => i !== index);
  expect(differences(without, automaticUpgrade(sample))).not.toEqual([]);
});

it.each([1, 2, 17, 18, 19, 23, 37, 39])("message %i may not come before the one ahead of it", index => {
  const swapped = [...listed];
  [swapped[index - 1], swapped[index]] = [listed[index] ?? "", listed[index - 1] ?? ""];
  expect(differences(swapped, automaticUpgrade(sample))).not.toEqual([]);
});

it("roles are not mixed up", () => {
  const mirrored = { ...sample, active: sample.standby, standby: sample.active };
  expect(differences(listed, automaticUpgrade(mirrored))).not.toEqual([]);
});

import { ttspecOf, type Check, type Fault } from "./fault";

/** These act when they change; at creation there is nothing yet on which they could act. */
export const doubtCreation: Check = (object, old) => {
  if (old !== null) return [];
  const { stopManaging, reexamine } = ttspecOf(object);
  const faults: Fault[] = [];
  if ((stopManaging ?? "") !== "")
    faults.push({
      path: "spec.ttspec.stopManaging",
      message: "has a value on creation; the object will not be started until reexamine is changed",
    });
  if ((reexamine ?? "") !== "")
    faults.push({
      path: "spec.ttspec.reexamine",
      message: "has a value on creation; only a later change acts",
    });
  return faults;
};

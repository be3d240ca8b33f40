/** Pure builders of everything a TimesTenClassic object owns, one kind per file; names and parsers beside them. */
export * from "./kinds";
export * from "./names";
export * from "./ownerReference";
export * from "./secret";
export * from "./headlessService";
export * from "./activeService";
export * from "./endpointSlice";
export * from "./statefulSet";
export * from "./images";
export * from "./probePod";
export * from "./claimAccess";
export * from "./podDisruptionBudget";
export * from "./recordLease";
export * from "./event";
export * from "./repCreateStatement";
export * from "./quantity";
export * from "./withoutEffect";

/** The messages between operator and agent: one schema, imported by both sides. */
export * from "./messages";
export * from "./record";
export * from "./state";

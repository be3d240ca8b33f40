/** The messages between operator and agent: one schema, imported by both sides. */
export * from "./messages";
export * from "./record";
export * from "./socket";
export * from "./state";
export * from "./guard";
export * from "./peer";
export * from "./timing";
export * from "./witness";
export * from "./dialling";
export * from "./release";
export * from "./readiness";

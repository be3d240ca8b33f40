/** Where the agent answers the kubelet's readiness probe (plain HTTP, GET). */
export const READY_PORT = 8445;
/** 200 while the database serves its users, or is the complete copy that takes over. */
export const READY_PATH = "/ready";
/** 200 while the database serves its users. */
export const ACTIVE_PATH = "/active";

// pepr reads these when it is first imported: "dev" registers admission and watch bindings alike.
process.env.PEPR_MODE = "dev";
process.env.LOG_LEVEL = "silent";

/** The module: names the capabilities and starts them. Everything else is in capabilities/. */
import { metricsCollector, PeprModule } from "pepr";
import { withoutPeprMark } from "./capabilities/admission/peprMark";
import { prepareWebhookServer } from "./capabilities/admission/webhookServer";
import { mutators } from "./capabilities/mutators";
import { validators } from "./capabilities/validators";
import { isWatcher, startEngine, watchers } from "./capabilities/watchers";
import config from "./package.json";

const DEFAULT_PORT = 3000;

prepareWebhookServer((startedMs, webhook) => metricsCollector.observeEnd(startedMs, webhook));
const pepr = new PeprModule(config, [mutators, validators, watchers], {
  deferStart: true,
  afterHook: response => {
    if (!("patch" in response) || response.patch === undefined) return;
    const patch = withoutPeprMark(response.patch);
    if (patch !== undefined) response.patch = patch;
    else {
      delete response.patch;
      delete response.patchType;
    }
  },
});

// The build only asks which capabilities there are: no server, no engine.
if (process.env["PEPR_MODE"] !== "build") {
  pepr.start(Number(process.env["PORT"] ?? DEFAULT_PORT));
  if (isWatcher(process.env)) {
    startEngine(async () => (await import("./capabilities/runtime/main")).startOperator());
  }
}

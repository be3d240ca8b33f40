import { ttspecOf, type Check } from "./fault";

const DEFAULT_POLLING_INTERVAL_S = 5;

/** News are acted on at once, so nothing breaks; but who writes this takes the one for the other. */
export const doubtTimes: Check = object => {
  const { pollingInterval = DEFAULT_POLLING_INTERVAL_S, unreachableTimeout } = ttspecOf(object);
  return unreachableTimeout !== undefined && unreachableTimeout < pollingInterval
    ? [
        {
          path: "spec.ttspec.unreachableTimeout",
          message: `${unreachableTimeout} is shorter than pollingInterval (${pollingInterval})`,
        },
      ]
    : [];
};

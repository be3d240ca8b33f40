/** All seeded mistakes that the search must catch; docs/model.md lists them. */
import { listed } from "./listed-mutations";
import type { Mutation } from "./mutation";
import { own } from "./own-mutations";

export const mutations: readonly Mutation[] = [
  ...listed.map(one => ({ ...one, listed: true })),
  ...own.map(one => ({ ...one, listed: false })),
];

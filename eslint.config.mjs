import tseslint from "typescript-eslint";

/** One direction of imports per folder: what a folder must not import, and why. */
const forbid = (files, groups, message) => ({
  files,
  rules: { "no-restricted-imports": ["error", { patterns: [{ group: groups, message }] }] },
});

const pure = [
  "node:*",
  "fs",
  "net",
  "http",
  "https",
  "ws",
  "pepr",
  "kubernetes-fluent-client",
  "@kubernetes/*",
  "**/runtime/kube/**",
  "**/runtime/sessions/**",
  "**/runtime/log*",
  "**/act/**",
  "**/report/**",
];

export default tseslint.config(
  { ignores: ["dist/**", "node_modules/**", "generated/openapi.d.ts", "**/*.cjs", "**/*.mjs", ".build/**"] },
  {
    files: ["**/*.ts"],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { project: "./tsconfig.all.json", tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/require-await": "off",
      "no-restricted-exports": ["error", { restrictDefaultExports: { direct: true } }],
      eqeqeq: "error",
      "no-console": "error",
      "max-lines": ["error", { max: 400, skipBlankLines: true, skipComments: true }],
      "max-lines-per-function": ["error", { max: 80, skipBlankLines: true, skipComments: true }],
    },
  },
  // The rules of the house: imports point downwards only; what decides does no I/O.
  forbid(
    ["capabilities/classic/decide/**", "capabilities/objects/**", "capabilities/metadata/**"],
    pure,
    "decide/, objects/ and metadata/ are pure: no I/O, no clock, no logger",
  ),
  forbid(
    ["agent/core/**"],
    [
      "node:*",
      "ws",
      "**/server/**",
      "**/timesten/**",
      "**/capabilities/**",
      "**/simulator/**",
      "**/testbed/**",
    ],
    "agent/core runs under virtual time too: only protocol and ports",
  ),
  forbid(
    ["agent/{server,timesten,entry}/**", "agent/*.ts"],
    ["**/capabilities/*", "!**/capabilities/metadata", "**/simulator/**", "**/testbed/**"],
    "agent and operator meet only in protocol/, and in the pure parsers of what users write",
  ),
  forbid(
    [
      "capabilities/{mutators,validators,watchers,runtime}/**",
      "capabilities/classic/{observe,act,report}/**",
    ],
    ["**/agent/**", "**/simulator/**", "**/testbed/**"],
    "agent and operator meet only in protocol/; nothing imports simulator or testbed but tests, benchmarks and the demo",
  ),
  forbid(
    ["protocol/**"],
    ["**/capabilities/**", "**/agent/**", "**/simulator/**", "**/testbed/**", "node:*", "ws"],
    "protocol/ stands alone",
  ),
  forbid(
    ["simulator/**"],
    ["**/capabilities/**", "**/agent/**", "**/testbed/**", "**/protocol/**"],
    "the simulator knows nothing of the product",
  ),
  {
    files: ["test/**", "bench/**", "demo/**", "testbed/**", "simulator/**", "scripts/**"],
    rules: { "no-console": "off", "max-lines-per-function": ["error", { max: 400 }] },
  },
);

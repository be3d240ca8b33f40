// KFC and client-node (and what they import) are published as ES modules only: swc turns them into CommonJS too.
const esm = ["kubernetes-fluent-client", "@kubernetes/client-node", "openid-client", "oauth4webapi", "jose"];
const swc = {
  jsc: { parser: { syntax: "typescript" }, target: "es2022" },
  module: { type: "commonjs" },
};

module.exports = {
  testEnvironment: "node",
  roots: ["<rootDir>/test"],
  setupFiles: ["<rootDir>/test/setup-env.cjs"],
  transform: { "^.+\\.(t|j|mj)sx?$": ["@swc/jest", swc] },
  transformIgnorePatterns: [`/node_modules/(?!(?:${esm.join("|")})/)`],
};

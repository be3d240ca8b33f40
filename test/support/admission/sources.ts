/** Image, storage, metadata sources (16 to 43). */
import { changed, given, type AdmissionCase } from "./case";

export const sources: AdmissionCase[] = [
  given(16, "no image", { image: undefined }, { schema: "spec.ttspec.image: Required value" }),
  given(16, "empty image", { image: "" }, { schema: "spec.ttspec.image is required" }),
  changed(17, "image emptied", {}, { image: "" }, { schema: "spec.ttspec.image is required" }),
  given(
    18,
    "image with a blank",
    { image: "a b" },
    { schema: "spec.ttspec.image is not a valid image reference" },
  ),
  given(
    18,
    "image with an upper-case repository",
    { image: "r/TT:1" },
    { schema: "is not a valid image reference" },
  ),
  given(19, "tag latest", { image: "r/tt:latest" }, { warning: "spec.ttspec.image has the tag latest" }),
  given(19, "no tag", { image: "localhost:5000/tt" }, { warning: "spec.ttspec.image has no tag" }),
  given(20, "other major release", { image: "r/tt221:1" }, { pass: "ReleaseRefused" }),
  given(
    21,
    "imagePullPolicy in lower case",
    { imagePullPolicy: "always" },
    { schema: "must be Always, IfNotPresent or Never" },
  ),
  given(22, "imagePullSecret that is not there", { imagePullSecret: "no" }, { pass: "PullSecretTrouble" }),
  given(
    23,
    "no storageClassName",
    { storageClassName: undefined },
    { schema: "spec.ttspec.storageClassName: Required value" },
  ),
  given(
    23,
    "empty storageClassName",
    { storageClassName: "" },
    { schema: "spec.ttspec.storageClassName is required" },
  ),
  given(24, "class that is not there", { storageClassName: "no" }, { pass: "MissingStorageClass" }),
  given(
    25,
    "storageSize that is no quantity",
    { storageSize: "250GB" },
    { schema: "is not a quantity; use for example 250Gi" },
  ),
  given(26, "storageSize 0", { storageSize: "0" }, { schema: "must be greater than zero" }),
  given(26, "negative storageSize", { storageSize: "-1Gi" }, { schema: "must be greater than zero" }),
  given(
    27,
    "storageSize too small for db.ini",
    { storageSize: "1Mi", dbConfigMap: ["a"] },
    { pass: "a warning Event" },
  ),
  given(28, "logStorageSize that is no quantity", { logStorageSize: "x" }, { schema: "is not a quantity" }),
  given(28, "logStorageSize 0", { logStorageSize: "0" }, { schema: "must be greater than zero" }),
  given(
    29,
    "logStorageClassName without logStorageSize",
    { logStorageClassName: "x" },
    { warning: "spec.ttspec.logStorageClassName has no effect without logStorageSize" },
  ),
  given(
    29,
    "logStorageSelector without logStorageSize",
    { logStorageSelector: {} },
    { warning: "spec.ttspec.logStorageSelector has no effect without logStorageSize" },
  ),
  given(
    30,
    "unknown operator of a selector",
    { storageSelector: { matchExpressions: [{ key: "a", operator: "Equals" }] } },
    { schema: "spec.ttspec.storageSelector.matchExpressions[0].operator: Unsupported value" },
  ),
  given(
    30,
    "selector without values",
    { storageSelector: { matchExpressions: [{ key: "a", operator: "In", values: [] }] } },
    { schema: "values are required with In and NotIn" },
  ),
  given(31, "ConfigMap that is not there", { dbConfigMap: ["no"] }, { pass: "MissingConfigMap" }),
  given(32, "Secret that is not there", { dbSecret: ["no"] }, { pass: "MissingSecret" }),
  given(33, "empty name in a list", { dbConfigMap: ["a", ""] }, { schema: "spec.ttspec.dbConfigMap[1]" }),
  given(
    33,
    "name twice",
    { dbSecret: ["a", "a"] },
    { schema: 'spec.ttspec.dbSecret[1]: Duplicate value: "a"' },
  ),
  given(34, "empty list", { dbConfigMap: [] }, { schema: "should have at least 1 items" }),
  given(35, "name in place of a list", { dbConfigMap: "a" }, { schema: "must be of type array" }),
  ...(
    [
      [37, "key that is no metadata file"],
      [43, "password in a ConfigMap"],
    ] as const
  ).map(([number, title]) => given(number, title, { dbConfigMap: ["a"] }, { pass: "a warning Event" })),
  ...(
    [
      [36, "one key in two sources"],
      [38, "db.ini that sets DataStore"],
      [39, "db.ini with a line that is none"],
      [40, "TimesTen Cache without what db.ini needs"],
      [41, "malformed adminUser"],
      [42, "cachegroups.sql without cacheUser"],
    ] as const
  ).map(([number, title]) => given(number, title, { dbConfigMap: ["a"] }, { pass: "BadMetadata" })),
];

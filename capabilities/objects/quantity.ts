/** Kubernetes resource quantities (k8s.io/apimachinery/pkg/api/resource): 250G, 50Gi, 100m, 1.5Gi, 2e3. */

const FACTORS: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** @returns its value in the base unit (bytes, cores), or null when the text is no quantity */
export function parseQuantity(text: string): number | null {
  const match =
    /^([+-]?(?:\d+(?:\.\d*)?|\.\d+))(?:([eE][+-]?\d+)|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?)$/.exec(text);
  if (match === null) return null;
  const [, number = "", exponent = "", suffix = ""] = match;
  const value = Number(`${number}${exponent}`) * (FACTORS[suffix] ?? 1);
  return Number.isFinite(value) ? value : null;
}

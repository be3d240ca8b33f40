/** Types of deploy-manifests.mjs, which also runs without a compiler. */
export interface Manifest {
  kind: string;
  metadata: { name: string; labels?: Record<string, string> };
}
export declare function operatorManifests(manifests: Manifest[], image?: string): Manifest[];

/** `release`, in a Pod of its own: which TimesTen an image holds, before anything else runs it. */
import type { ReleaseReport } from "../../protocol";
import { checkZip, findDistribution, noTimesTen, type DistributionPlaces } from "./distribution";

/**
 * @param places where images have TimesTen
 * @param env of the container
 * @throws ConfigError when there is none; TimesTenError or Error when its zip cannot be used
 */
export async function releaseOfImage(
  places: DistributionPlaces,
  env: NodeJS.ProcessEnv,
): Promise<ReleaseReport> {
  const distribution = await findDistribution(places);
  if (distribution === null) throw noTimesTen(places);
  if (distribution.kind === "zip") await checkZip(distribution.file, env);
  return { release: distribution.release };
}

/** Applications in containers of their own (direct mode): their images reach the template, no Pod is replaced for them. */
import type { TimesTenClassicObject } from "../../../../generated/types";
import { ttResources, type ObjectSettings, type PodImages } from "../../../objects";
import type { EventText } from "../../decision";

/**
 * @param before images of the template, and `after` as it has just been written with the same image of TimesTen
 * @returns what a person has to do about it, an Event per container
 */
export function applicationEvents(before: PodImages, after: PodImages): EventText[] {
  return Object.entries(after.others).flatMap(([container, image]): EventText[] => {
    const former = before.others[container];
    if (former === undefined || former === image) return [];
    return [applicationChanged(container, image)];
  });
}

/** @returns the Event about one of them */
export function applicationChanged(container: string, image: string): EventText {
  const message = `Image of container ${container} updated to ${image}, no upgrade started: each Pod runs it once it has been deleted and made anew`;
  return { type: "Normal", reason: "Change", message };
}

/** @returns the Event of a template that changed in anything but images: nothing is restarted because of it */
export function templateChanged(name: string): EventText {
  const message = `Template of StatefulSet ${name} changed: each Pod follows when it is next made anew`;
  return { type: "Normal", reason: "Change", message };
}

/** @returns the Event that says how much memory tt asks for, and how that came about */
export function memoryEvent(object: TimesTenClassicObject, settings: ObjectSettings): EventText {
  const { because } = ttResources(object, settings);
  return { type: "Normal", reason: "Memory", message: `Memory of container tt: ${because}` };
}

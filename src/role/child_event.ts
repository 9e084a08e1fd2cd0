/**
 * What a child says, as events. Nothing of it is trusted: what is no message,
 * or none that this child could send, is `channelBroken`.
 */

import type { FromChild } from "../channel/message.ts";
import { checkFromChild } from "../channel/message.ts";
import type { ChildRef, MasterEvent } from "../core/master/event.ts";
import { zoneKey } from "./plan.ts";
import type { Birth } from "./spawner.ts";

/** What the child called `ref`, which was told `init`, means by a value. */
export function messageEvent(
  value: unknown,
  ref: ChildRef,
  init: Birth["init"],
): MasterEvent {
  const received = checkFromChild(value);
  if (!received.ok) {
    return { kind: "channelBroken", reason: received.reason, ...ref };
  }
  const { message } = received;
  switch (message.kind) {
    case "ready":
      return { kind: "childReady", ...ref };
    case "draining":
      return { kind: "childDraining", ...ref };
    case "failed":
      return { kind: "childFailed", reason: message.reason, ...ref };
    case "cut": {
      const { connections } = message;
      return { kind: "connectionsCut", connections, ...ref };
    }
    case "mesh":
      return { kind: "meshAsked", ...ref };
    case "reopened":
      return { kind: "childReopened", ...ref };
    case "loaded":
      return loadedEvent(message, ref, init);
  }
}

function loadedEvent(
  { zone: name }: Extract<FromChild, { readonly kind: "loaded" }>,
  ref: ChildRef,
  init: Birth["init"],
): MasterEvent {
  const zone = init.role === "worker"
    ? undefined
    : init.zones.find((one) => one.name === name);
  return zone === undefined
    ? { kind: "channelBroken", reason: "a zone of somebody else", ...ref }
    : { kind: "zoneLoaded", zone: zoneKey(zone), ...ref };
}

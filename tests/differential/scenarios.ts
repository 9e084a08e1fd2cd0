/** Every scenario of the suite, in the order of the page. */

import type { Scenario } from "./scenario.ts";
import { CACHE } from "./scenario/cache.ts";
import { COMMAND } from "./scenario/command.ts";
import { LOG } from "./scenario/log.ts";
import { RELOAD } from "./scenario/reload.ts";
import { RESPAWN } from "./scenario/respawn.ts";
import { SINGLE } from "./scenario/single.ts";
import { START } from "./scenario/start.ts";
import { STOP } from "./scenario/stop.ts";
import { UPGRADE } from "./scenario/upgrade.ts";

export const SCENARIOS: readonly Scenario[] = [
  ...START,
  ...STOP,
  ...RELOAD,
  ...RESPAWN,
  ...LOG,
  ...CACHE,
  ...SINGLE,
  ...UPGRADE,
  ...COMMAND,
];

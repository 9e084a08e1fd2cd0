/**
 * Runs scenarios: each on both programs at once, several side by side, since
 * most of a scenario is waiting. A side that fails to do its steps keeps its
 * folder and says what was in its log.
 */

import { DIVERGENCES, WORDINGS } from "./divergence.ts";
import type { Driver } from "./driver.ts";
import { NGINX } from "./driver_nginx.ts";
import { PROCMGR } from "./driver_procmgr.ts";
import { faultLibrary } from "./fault.ts";
import { type Facts, judge, type Lists, type Verdict } from "./judge.ts";
import { finish } from "./observe.ts";
import { perform } from "./perform.ts";
import type { Need, Scenario } from "./scenario.ts";
import { Stage } from "./stage.ts";

/** How many scenarios run at a time, two programs each. */
const SIDE_BY_SIDE = 6;

/** How much of a log is printed with a failure. */
const LOG_CHARACTERS_MAX = 6000;

/** The lists of accepted differences. */
export const LISTS: Lists = { divergences: DIVERGENCES, wordings: WORDINGS };

/** Why a scenario cannot run here; undefined when it can. */
export function missingFor({ needs = [] }: Scenario): string | undefined {
  return NGINX.missing() ?? needs.map(missing).find((why) => why !== undefined);
}

function missing(need: Need): string | undefined {
  if (need === "root") return Deno.uid() === 0 ? undefined : "root is needed";
  return faultLibrary() === undefined ? "gcc is needed" : undefined;
}

/** Run one scenario on both sides and compare. */
export async function runScenario(scenario: Scenario): Promise<Verdict> {
  const [nginx, procmgr] = await Promise.allSettled([
    runSide(NGINX, scenario),
    runSide(PROCMGR, scenario),
  ]);
  const failed = [nginx, procmgr].filter((one) => one.status === "rejected");
  if (failed.length > 0) {
    throw new Error(failed.map(({ reason }) => String(reason)).join("\n"));
  }
  const [left, right] = [nginx, procmgr].map((one) =>
    one.status === "fulfilled" ? one.value : new Map()
  ) as [Facts, Facts];
  return judge(scenario, { nginx: left, procmgr: right }, LISTS);
}

async function runSide(driver: Driver, scenario: Scenario): Promise<Facts> {
  const stage = new Stage(driver, scenario);
  const keeps = Deno.env.get("PROCMGR_TEST_KEEP") === "1";
  let isDone = false;
  try {
    for (const step of scenario.steps) await perform(stage, step);
    await finish(stage);
    isDone = true;
    return stage.facts;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new Error(
      `${driver.side}: ${said}\n--- kept: ${stage.folder}\n` +
        `${stage.logText().slice(-LOG_CHARACTERS_MAX)}---`,
    );
  } finally {
    stage.clear({ keep: keeps || !isDone });
  }
}

/** Runs begin in the order asked for, few at a time. */
export class Runs {
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** Run it when it is its turn. */
  async run(scenario: Scenario): Promise<Verdict> {
    if (this.#running >= SIDE_BY_SIDE) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running += 1;
    try {
      return await runScenario(scenario);
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }
}

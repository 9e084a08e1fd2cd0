/**
 * Both sides' facts, compared: equal, listed with a reason, better than nginx,
 * or a problem. Pure.
 *
 * A list can only be trusted when it cannot grow stale: an accepted difference
 * that is none any more is a problem, too.
 */

import type { Right, Scenario } from "./scenario.ts";

/** What one side showed, by the name of the fact. */
export type Facts = ReadonlyMap<string, string>;

/** A difference that is accepted, and why. */
export interface Divergence {
  /** The scenario; a line of the log may differ in all of them. */
  readonly scenario?: string;
  readonly fact: string | RegExp;
  readonly nginx: string;
  readonly procmgr: string;
  readonly reason: string;
  /** A matter of timing: it need not be seen in every run. */
  readonly rare?: true;
}

/** The same thing in other words: nginx's line counts as ours. */
export interface Wording {
  /** Of the line, as log_line.ts leaves it. */
  readonly nginx: RegExp;
  /** What is ours instead; "$1" is a group of the pattern. */
  readonly procmgr: string;
  readonly reason: string;
}

/** One fact, judged. */
export interface Judged {
  readonly fact: string;
  readonly nginx: string;
  readonly procmgr: string;
  readonly verdict: "equal" | "listed" | "better" | "wrong";
  /** Why it is no problem, or what the problem is; empty when equal. */
  readonly reason: string;
}

/** A scenario, judged. */
export interface Verdict {
  readonly facts: readonly Judged[];
  /** The lines of the lists that were needed. */
  readonly used: ReadonlySet<Divergence | Wording>;
}

/** The lists of divergence.ts. */
export interface Lists {
  readonly divergences: readonly Divergence[];
  readonly wordings: readonly Wording[];
}

/** What every scenario must show unless it says otherwise. */
const ALWAYS: Readonly<Record<string, string>> = {
  "start": "ready",
  "left: processes": "none",
  "left: files": "none",
};

/** Compare. */
export function judge(
  scenario: Scenario,
  sides: { readonly nginx: Facts; readonly procmgr: Facts },
  lists: Lists,
): Verdict {
  const used = new Set<Divergence | Wording>();
  const nginx = reword(sides, lists.wordings, used);
  const { procmgr } = sides;
  const names = new Set([
    ...nginx.keys(),
    ...procmgr.keys(),
    ...scenario.right?.map(({ fact }) => fact) ?? [],
    ...lists.divergences.flatMap((row) =>
      row.scenario === scenario.name && typeof row.fact === "string"
        ? row.fact
        : []
    ),
    ...Object.keys(scenario.expect),
  ]);
  const facts = [...names].map((fact) => {
    const pair = {
      nginx: valueOf(nginx, fact),
      procmgr: valueOf(procmgr, fact),
    };
    return {
      fact,
      ...pair,
      ...judgeFact(fact, pair, { scenario, lists, used }),
    };
  });
  return { facts, used };
}

/** What is said of a fact that a side does not have. */
function valueOf(facts: Facts, fact: string): string {
  return facts.get(fact) ?? (fact.startsWith("log: ") ? "silent" : "absent");
}

interface Pair {
  readonly nginx: string;
  readonly procmgr: string;
}

interface Context {
  readonly scenario: Scenario;
  readonly lists: Lists;
  readonly used: Set<Divergence | Wording>;
}

function judgeFact(
  fact: string,
  pair: Pair,
  { scenario, lists, used }: Context,
): Pick<Judged, "verdict" | "reason"> {
  const right = scenario.right?.find((one) => one.fact === fact);
  if (right !== undefined) return judgeRight(right, pair);
  const rows = lists.divergences.filter((one) => isAbout(one, scenario, fact));
  const pinned = rows.find((one) =>
    one.nginx === pair.nginx && one.procmgr === pair.procmgr
  );
  if (pair.nginx === pair.procmgr) {
    const stale = rows.find((one) =>
      one.scenario !== undefined && one.fact === fact
    );
    return stale === undefined
      ? judgeEqual(fact, pair, scenario)
      : wrong(`does not differ any more, though listed: ${stale.reason}`);
  }
  if (pinned === undefined) return wrong("differs, and nobody said why");
  used.add(pinned);
  return { verdict: "listed", reason: pinned.reason };
}

function judgeRight(right: Right, { nginx, procmgr }: Pair): Pick<
  Judged,
  "verdict" | "reason"
> {
  const { weakness, is, why } = right;
  if (procmgr !== is) return wrong(`${weakness}: "${is}" is right`);
  if (nginx !== right.nginx) {
    return wrong(`${weakness}: nginx should have shown "${right.nginx}"`);
  }
  return { verdict: "better", reason: `${weakness}: ${why}` };
}

function judgeEqual(
  fact: string,
  { nginx }: Pair,
  { expect }: Scenario,
): Pick<Judged, "verdict" | "reason"> {
  const wanted = expect[fact] ?? ALWAYS[fact];
  if (wanted === undefined || wanted === nginx) {
    return { verdict: "equal", reason: "" };
  }
  return wrong(`both should show "${wanted}"`);
}

function wrong(reason: string): Pick<Judged, "verdict" | "reason"> {
  return { verdict: "wrong", reason };
}

function isAbout(
  row: Divergence,
  { name }: Scenario,
  fact: string,
): boolean {
  if (row.scenario !== undefined && row.scenario !== name) return false;
  return typeof row.fact === "string" ? row.fact === fact : row.fact.test(fact);
}

/** nginx's facts with its lines in our words. */
function reword(
  { nginx, procmgr }: { readonly nginx: Facts; readonly procmgr: Facts },
  wordings: readonly Wording[],
  used: Set<Divergence | Wording>,
): Facts {
  const reworded = new Map<string, string>();
  for (const [fact, value] of nginx) {
    const rows = fact.startsWith("log: ") ? wordings : [];
    const name = rows.reduce(
      (text, row) => text.replace(row.nginx, row.procmgr),
      fact,
    );
    if (name !== fact && procmgr.has(name)) {
      rows.filter((row) => row.nginx.test(fact)).forEach((row) =>
        used.add(row)
      );
    }
    reworded.set(name, value);
  }
  return reworded;
}

/** Lines of the lists that no scenario needed. */
export function unused(
  lists: Lists,
  verdicts: readonly Verdict[],
): readonly (Divergence | Wording)[] {
  const common = lists.divergences.filter(({ rare }) => rare !== true);
  return [...common, ...lists.wordings].filter((row) =>
    !verdicts.some(({ used }) => used.has(row))
  );
}

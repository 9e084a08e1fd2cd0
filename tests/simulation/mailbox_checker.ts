/**
 * Mailboxes (P13): after every step, exactly those have one together who
 * should: a worker or a cache loader with each cache manager, and workers of
 * one pool that both asked, whatever their generations. Compared with what the
 * machine made, and with what it heard of its children.
 */

import type { SimOs } from "./sim_os.ts";
import type { Process } from "./sim_process.ts";

/** What is connected wrongly now. */
export function checkMailboxes(os: SimOs): readonly string[] {
  const announced = [...os.processes.values()].filter((one) => one.isAnnounced);
  const wrong = announced.flatMap((left, index) =>
    announced.slice(index + 1).flatMap((right) => {
      const [one, other] = [left.child.ref.pid, right.child.ref.pid];
      const isConnected = os.mailboxes.has(one, other);
      if (isConnected === belong(left, right)) return [];
      const what = isConnected ? "are connected" : "are not connected";
      return [`P13 ${one} and ${other} ${what}`];
    })
  );
  const pids = new Set(announced.map(({ child }) => Number(child.ref.pid)));
  return [
    ...os.mailboxes.takeBroken(),
    ...os.mailboxes.untold((pid) => pids.has(pid)),
    ...wrong,
  ];
}

function belong(left: Process, right: Process): boolean {
  const [one, other] = [left.child.helper, right.child.helper];
  if (one === undefined && other === undefined) {
    return left.hasMesh && right.hasMesh &&
      left.child.pool === right.child.pool;
  }
  return (one === "cache_manager" && other !== "cache_manager") ||
    (one !== "cache_manager" && other === "cache_manager");
}

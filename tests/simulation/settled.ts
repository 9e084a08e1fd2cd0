/**
 * What "converged" means, seen from outside: every wanted worker serves the
 * generation in force, nobody else is left, nobody waits for an answer, every
 * connection was accepted, and exactly the wanted sockets are open. A worker
 * that exited with 2 is allowed to be missing: only a reload brings it back.
 * After WINCH nobody serves, and connections wait until a HUP.
 */

import { helperName } from "../../src/base/role.ts";
import { isServing } from "./checker.ts";
import { ordinalsBelow } from "./sim_socket.ts";
import type { Simulator } from "./simulator.ts";

/** What is still missing, in words; empty when converged. */
export function unsettled(sim: Simulator): readonly string[] {
  const { state, os } = sim;
  if (state.mode === "relaying") {
    return os.processes.size === 0 ? [] : ["a child is left"];
  }
  if (state.mode !== "running") return [`the master is ${state.mode}`];
  if (state.changeover !== undefined) {
    return [`generation ${state.changeover.generation} is on its way`];
  }
  const { upgrade } = state;
  // One that is ready and by hand waits for its operator.
  if (
    upgrade !== undefined && (upgrade.isDriven || upgrade.stage !== "ready")
  ) {
    return [`an upgrade is ${upgrade.stage}`];
  }
  const pools = state.noaccepting ? [] : state.plan.pools;
  const missing = pools.flatMap(({ name, workers }) =>
    ordinalsBelow(workers).flatMap((ordinal) =>
      isThere(sim, name, ordinal) ? [] : [`${name}/${ordinal} does not serve`]
    )
  );
  const isWithout = state.plan.cache !== undefined && !state.noaccepting &&
    !isThere(sim, helperName("cache_manager"), 0);
  return [
    ...missing,
    ...(isWithout ? ["the cache manager does not work"] : []),
    ...leftovers(sim),
    ...waiting(sim),
    ...sockets(sim),
    ...[...os.pids.orphans].map((pid) => `orphan ${pid} was not reaped`),
    ...(os.resources.pidFiles.size === 1
      ? []
      : [`${os.resources.pidFiles.size} pid files`]),
  ];
}

function isThere(
  { state, os }: Simulator,
  pool: string,
  ordinal: number,
): boolean {
  const serves = [...os.processes.values()].some((process) =>
    isServing(process) && process.child.isAccepting &&
    process.child.pool === pool && process.child.ordinal === ordinal &&
    process.child.ref.generation === state.generation
  );
  return serves ||
    state.slots.some((slot) =>
      slot.phase === "failed" && slot.pool === pool && slot.ordinal === ordinal
    );
}

function leftovers({ state, os }: Simulator): readonly string[] {
  return [...os.processes.values()].flatMap((process) =>
    process.child.ref.generation === state.generation &&
      isServing(process) && !state.noaccepting
      ? []
      : [`pid ${process.child.ref.pid} is left over`]
  );
}

function waiting({ state, os }: Simulator): readonly string[] {
  const broken = [...os.clients.all()].flatMap(([token, client]) =>
    !client.isGone && client.replies === 0
      ? [`client ${token} waits for its ${client.request}`]
      : []
  );
  if (state.waiters.length > 0) broken.push("somebody waits");
  if (state.reopening !== undefined) broken.push("a reopen is not over");
  return broken;
}

function sockets({ state, os }: Simulator): readonly string[] {
  const failed = state.slots.flatMap((slot) =>
    slot.phase === "failed" ? [`${slot.pool}/${slot.ordinal}`] : []
  );
  const wanted = new Map(
    state.plan.pools.flatMap(({ name, workers }) =>
      ordinalsBelow(workers).map((
        ordinal,
      ) => [
        `${os.resources.adopted?.addresses[name]}#${ordinal}`,
        `${name}/${ordinal}`,
      ])
    ),
  );
  return os.resources.sockets.all().flatMap(({ address, ordinal, queue }) => {
    const place = wanted.get(`${address}#${ordinal}`);
    if (place === undefined) {
      // Where another master was, only whole addresses are closed.
      return os.resources.isShared && os.resources.isPromised(address)
        ? []
        : [`${address}#${ordinal} is still open`];
    }
    return queue === 0 || state.noaccepting || failed.includes(place)
      ? []
      : [`${queue} connections wait at ${place}`];
  });
}

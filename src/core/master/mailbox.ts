/**
 * Who has a mailbox of whom: a worker and a cache loader one of each cache
 * manager, for they tell it of the zones' files, and a worker that asked for it
 * one of each worker of its pool that asked, too. Living ones of every
 * generation are in it: during a reload, old and new hear each other.
 *
 * This is derived from the state, never stored, as the steering is: who is
 * connected is a function of who lives and who asked, so no decision can
 * forget to open or to close one.
 *
 * nginx: src/os/unix/ngx_process_cycle.c, ngx_pass_open_channel, which gives
 * everybody everybody's, and ngx_reap_children, which takes it back.
 */

import { toSlotIndex } from "../../base/id.ts";
import type { MasterEffect } from "./effect.ts";
import type { ChildRef, MasterEvent } from "./event.ts";
import { refFrom } from "./event.ts";
import type { LiveSlot, Slot } from "./slot.ts";
import { isLive } from "./slot.ts";
import type { MasterState, Row, Step } from "./state.ts";
import {
  ignore,
  liveSlotOf,
  refOf,
  rowsWhere,
  say,
  slotAt,
  stay,
  withSlot,
} from "./state.ts";

/** A worker wants its siblings; asking twice means nothing. */
export function onMeshAsked(state: MasterState, ref: ChildRef): Step {
  const slot = liveSlotOf(state, ref);
  const isNews = slot !== undefined && slot.helper === undefined &&
    slot.mesh === undefined;
  if (!isNews) return ignore(state, "meshAsked");
  return stay(withSlot(state, ref.slot, { ...slot, mesh: true }));
}

/** The machine is short of descriptors: said, and not tried again. */
export function onMailboxesFailed(
  state: MasterState,
  event: Extract<MasterEvent, { readonly kind: "mailboxesFailed" }>,
): Step {
  if (liveSlotOf(state, event) === undefined) return ignore(state, event.kind);
  const { error } = event;
  return stay(
    state,
    say("error", { kind: "mailboxesFailed", error, ...refFrom(event) }),
  );
}

/** The mailboxes that a step makes necessary, and those it ends. */
export function mailboxChanges(
  before: MasterState,
  now: MasterState,
): readonly MasterEffect[] {
  if (before.slots === now.slots) return [];
  return [...closings(before, now), ...openings(before, now)];
}

/** Whether two living children have a mailbox together. */
export function areConnected(left: LiveSlot, right: LiveSlot): boolean {
  if (left.helper === undefined && right.helper === undefined) {
    return left.mesh === true && right.mesh === true &&
      left.pool === right.pool;
  }
  const roles = [left.helper, right.helper];
  // Not two managers of a reload: neither has anything to tell the other.
  return left.helper !== right.helper && roles.includes("cache_manager");
}

/** Those who are gone, to those who had a mailbox of them. */
function closings(
  before: MasterState,
  now: MasterState,
): readonly MasterEffect[] {
  return rowsWhere(before, isLive)
    .filter((row) => !isSameChild(row.slot, slotAt(now, row.index)))
    .flatMap((row): readonly MasterEffect[] => {
      const peers = peersOf(before, row)
        .filter((peer) => isSameChild(peer.slot, slotAt(now, peer.index)))
        .map(refOf);
      return peers.length === 0
        ? []
        : [{ kind: "closeMailboxes", peers, ...refOf(row) }];
    });
}

/** Those who became somebody's peer, with whom they are connected now. */
function openings(
  before: MasterState,
  now: MasterState,
): readonly MasterEffect[] {
  const changed = rowsWhere(now, isLive).filter(({ index, slot }) =>
    !isConnectable(before, index, slot)
  );
  return changed.flatMap((row, place): readonly MasterEffect[] => {
    // Two that change at once are connected once.
    const handled = changed.slice(0, place).map(({ index }) => index);
    const old = before.slots[row.index];
    const peers = peersOf(now, row).filter((peer) =>
      !handled.includes(peer.index) && !wereConnected(before, row, peer)
    ).map(refOf);
    const isNew = old === undefined || !isSameChild(row.slot, old) ||
      !("mesh" in old);
    const isMesh = row.slot.mesh === true && isNew;
    return peers.length === 0 && !isMesh
      ? []
      : [{ kind: "openMailboxes", peers, isMesh, ...refOf(row) }];
  });
}

/** Whether the same child was there before, and as willing. */
function isConnectable(
  { slots }: MasterState,
  index: Row["index"],
  slot: LiveSlot,
): boolean {
  const old = slots[index];
  return old !== undefined && isSameChild(slot, old) && isLive(old) &&
    old.mesh === slot.mesh;
}

function wereConnected(
  before: MasterState,
  left: Row<LiveSlot>,
  right: Row<LiveSlot>,
): boolean {
  const olds = [left, right].map(({ index, slot }) => {
    const old = slotAt(before, toSlotIndex(index));
    return isSameChild(slot, old) && isLive(old) ? old : undefined;
  });
  const [one, other] = olds;
  return one !== undefined && other !== undefined && areConnected(one, other);
}

function peersOf(
  state: MasterState,
  row: Row<LiveSlot>,
): readonly Row<LiveSlot>[] {
  return rowsWhere(
    state,
    (slot): slot is LiveSlot =>
      slot !== row.slot && isLive(slot) && areConnected(slot, row.slot),
  );
}

function isSameChild(left: LiveSlot, right: Slot): boolean {
  return isLive(right) && left.pid === right.pid &&
    left.generation === right.generation;
}

/**
 * What a worker does to itself before it loads any of the user's code, in the
 * order it must happen: what needs root first, then root given up for good,
 * then what giving it up undoes.
 *
 * Each step either succeeds or ends the worker: a worker that runs with less
 * than the operator asked for is worse than one that does not run. nginx goes
 * on after a failed setpriority or setrlimit; this does not.
 * Source: nginx src/os/unix/ngx_process_cycle.c, ngx_worker_process_init;
 * man 2 prctl for what setuid clears.
 */

import type { Pid } from "../base/id.ts";
import type { Result } from "../base/system_error.ts";
import { failure, success } from "../base/system_error.ts";
import type { ProcessConfig } from "../config/config.ts";
import {
  dropPrivileges,
  setDumpable,
  setParentDeathSignal,
} from "../os/credential.ts";
import { fromDenoError } from "../os/errno.ts";
import { setAffinity, setPriority, setRlimit } from "../os/limit.ts";

/** SIGQUIT: an orphan drains, as it does when its channel closes. */
const PARENT_DEATH_SIGNO = 3;

/** Whether the master is still there when all is done. */
export type Initialised = Result<"ready" | "orphaned">;

/** Become what `config` says; `master` is who spawned this process. */
export function initialise(config: ProcessConfig, master: Pid): Initialised {
  setEnvironment(config);
  for (const take of beforeUserChange(config)) {
    const done = take();
    if (!done.ok) return done;
  }
  if (config.user !== undefined) {
    const dropped = dropPrivileges(config.user);
    if (!dropped.ok) return dropped;
  }
  return afterUserChange(config, master);
}

type Step = () => Result<void>;

/** What only root may do, or may do better. */
function beforeUserChange(config: ProcessConfig): readonly Step[] {
  const { priority, cpus, rlimitNofile, rlimitCoreBytes } = config;
  const steps: Step[] = [];
  if (priority !== undefined) steps.push(() => setPriority(priority));
  if (cpus !== undefined) steps.push(() => setAffinity(cpus));
  if (rlimitNofile !== undefined) {
    steps.push(() => setRlimit("nofile", rlimitNofile));
  }
  if (rlimitCoreBytes !== undefined) {
    steps.push(() => setRlimit("core", rlimitCoreBytes));
  }
  return steps;
}

/** setuid clears the parent-death signal and the dumpable flag. */
function afterUserChange(config: ProcessConfig, master: Pid): Initialised {
  const guarded = setParentDeathSignal(PARENT_DEATH_SIGNO, master);
  if (!guarded.ok) return guarded;
  if (config.rlimitCoreBytes !== undefined) {
    const dumpable = setDumpable();
    if (!dumpable.ok) return dumpable;
  }
  if (config.workingDirectory !== undefined) {
    const changed = changeDirectory(config.workingDirectory);
    if (!changed.ok) return changed;
  }
  return success(guarded.value ? "ready" : "orphaned");
}

function changeDirectory(path: string): Result<void> {
  try {
    Deno.chdir(path);
    return success(undefined);
  } catch (error) {
    return failure(fromDenoError(error, `chdir("${path}")`));
  }
}

/** nginx's rule: all but TZ goes, unless it is named. */
function setEnvironment({ clearEnv, env }: ProcessConfig): void {
  if (clearEnv) {
    for (const name of Object.keys(Deno.env.toObject())) {
      if (name !== "TZ" && !Object.hasOwn(env, name)) Deno.env.delete(name);
    }
  }
  for (const [name, value] of Object.entries(env)) {
    // null passes on what is there, if anything is.
    if (value !== null) Deno.env.set(name, value);
  }
}

/**
 * The worker: one process that runs one app on sockets it inherited.
 *
 * It starts as a list of steps; then the service (service.ts) serves, and what
 * is left here is what only a process has: the channel, the signals, the
 * title, errors that nobody caught, the end. It decides nothing.
 *
 * It loads no more than it needs, for each millisecond is one in which a
 * restarted worker does not serve. The user's code is imported last, when
 * root is given up.
 */

import process from "node:process";
import { describeFailure } from "../app/failure.ts";
import { EXIT_CODE } from "../base/exit_code.ts";
import { toFd, toPid } from "../base/id.ts";
import { formatSystemError, success } from "../base/system_error.ts";
import { guardChannel, hasChannel, openChannel } from "../channel/channel.ts";
import type { Channel } from "../channel/channel.ts";
import type { Init } from "../channel/message.ts";
import { type Log, writeEarly } from "../log/sink.ts";
import { setCloseOnExec } from "../os/fd.ts";
import { leaveProcess } from "../os/leave.ts";
import { setTitle } from "../os/title.ts";
import { logStderr } from "./child_stderr.ts";
import { Siblings } from "./siblings.ts";
import { Service, type ServiceHost } from "./service.ts";
import { catchUncaught } from "./uncaught.ts";
import { initialise } from "./child_init.ts";
import { listenToSignals } from "./child_signal.ts";

// Taken before the app can replace it.
const exitProcess = Deno.exit;
const master = toPid(process.ppid);

/** Be a worker until this process exits. Needs a channel to the master. */
export async function runWorker(): Promise<never> {
  if (!hasChannel()) {
    writeEarly("emerg", "a worker is started by the master, not by hand");
    exitProcess(EXIT_CODE.FATAL);
  }
  guardChannel();
  const given = Promise.withResolvers<Init>();
  const channel = openChannel({
    onMessage: (message) => {
      if (message.kind === "handoff") void siblings.receive();
      else if (message.kind !== "init") service.receive(message);
      else if (message.role === "worker") given.resolve(message);
    },
    onBroken: (reason) => service.take({ kind: "channelBroken", reason }),
    onClosed: () => service.take({ kind: "masterLost" }),
  });
  const listenLast = catchUncaught((reason) =>
    service.take({ kind: "appCrashed", reason })
  );
  const siblings = new Siblings({
    handoff: given.promise.then(({ handoff }) => handoff),
    tell: (message) => channel.send(message),
    log: (level, text) => service.write(level, text),
  });
  let followLog = (): void => {};
  const service: Service = new Service({
    ...hostOf(channel, siblings, listenLast),
    reopened: () => followLog(),
  });
  listenToSignals((event) => service.take(event), master);
  const init = await given.promise;
  guardListeners(init);
  setTitle(titleOf(init.pool));
  followLog = logStderr(init);
  service.openLog(init);
  await service.openStores(init);
  await loadBeforeUserChange(init);
  becomeWorker(service, init);
  await service.start(init);
  return await new Promise<never>(() => {});
}

/** A service in a process of its own. */
function hostOf(
  channel: Channel,
  siblings: Siblings,
  listenLast: (app: string) => void,
): Omit<ServiceHost, "reopened"> {
  return {
    tell: (message) => channel.send(message),
    retitle: () => setTitle(DRAINING_TITLE),
    broadcast: (name) => siblings.broadcast(name),
    sendToManager: (notice) => siblings.sendToManager(notice),
    sent: () => siblings.sent(),
    listenLast,
    query: "",
    takeListener: success,
    leave: leaveWith,
  };
}

function leaveWith(code: number, log: Log): never {
  return leaveProcess(code, (error) => {
    const text = `app failed in an exit handler: ${describeFailure(error)}`;
    log.write("error", text);
  });
}

/** The app's own children must not hold the master's sockets open. */
function guardListeners({ listeners, handoff }: Init): void {
  setCloseOnExec(toFd(handoff), true);
  for (const { fd } of listeners) setCloseOnExec(toFd(fd), true);
}

/** Another user may not be able to read the folder that this is in. */
async function loadBeforeUserChange({ config }: Init): Promise<void> {
  if (config.user === undefined || config.static !== undefined) return;
  const { loadWs } = await import("../http/ws_library.ts");
  // Without it WebSockets are refused, and only they.
  await loadWs().catch(() => {});
}

function becomeWorker(service: Service, { config }: Init): void {
  const initialised = initialise(config, master);
  if (!initialised.ok) {
    const reason = formatSystemError(initialised.error);
    service.take({ kind: "startFailed", reason });
  } else if (initialised.value === "orphaned") {
    service.take({ kind: "masterLost" });
  }
}

/** What ps shows; the pool that needs no name has none. */
function titleOf(pool: string): string {
  const title = "procmgr: worker process";
  return pool === "worker" ? title : `${title} ${pool}`;
}

const DRAINING_TITLE = "procmgr: worker process is shutting down";

/**
 * `daemon: true`, the command's side: spawn the master as a detached copy of
 * this program, relay what it says, and return when it is ready, or when it
 * has ended, with an exit code that says which. Ctrl-C ends the master that is
 * not ready yet; a start command that is killed is noticed by it
 * (os/starter.ts), so no start goes on that nobody waits for.
 *
 * nginx: src/os/unix/ngx_daemon.c, where the parent exits at once and says 0
 * before anybody serves.
 */

import type { Exit } from "../base/exit.ts";
import { EXIT_CODE } from "../base/exit_code.ts";
import type { Pid } from "../base/id.ts";
import { signoOf } from "../base/signo.ts";
import { formatSystemError } from "../base/system_error.ts";
import { writeEarly } from "../log/sink.ts";
import { spawnDaemon } from "../os/child.ts";
import { listOpenFds, setCloseOnExec } from "../os/fd.ts";
import { onSignal } from "../os/signal.ts";
import { READY_WORD } from "../os/starter.ts";

/** What would end this command; the second one does. */
const ENDING: readonly Deno.Signal[] = [
  "SIGINT",
  "SIGTERM",
  "SIGQUIT",
  "SIGHUP",
];

/** Start the master in the background; answers with the exit code. */
export function startDaemon(
  command: readonly string[],
): Promise<number> {
  keepToOurselves();
  return new Promise((resolve) => {
    const daemon = spawnDaemon({
      command,
      env: Deno.env.toObject(),
    }, {
      onSaid: (text) => {
        const [said = "", ...word] = text.split(READY_WORD);
        relay(said);
        if (word.length > 0) resolve(EXIT_CODE.DONE);
      },
      onEnded: (exit) => resolve(explain(daemon, exit)),
      onSpawnFailed: (error) => {
        writeEarly("emerg", formatSystemError(error));
        resolve(EXIT_CODE.FAILED);
      },
    });
    if (daemon === undefined) return;
    let isAsked = false;
    for (const signal of ENDING) {
      onSignal(signal, () => {
        if (isAsked) return resolve(EXIT_CODE.FAILED);
        isAsked = true;
        end(daemon, signal);
      });
    }
  });
}

/** What a shell or a script left open here is not the daemon's. */
function keepToOurselves(): void {
  for (const { fd } of listOpenFds()) {
    if (fd > 2) setCloseOnExec(fd, true);
  }
}

function relay(text: string): void {
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  } catch {
    // The exit code says it too.
  }
}

function end(daemon: Pid, signal: Deno.Signal): void {
  const name = `signal ${signoOf(signal)} (${signal})`;
  const text = `${name} received, ending master process ${daemon}`;
  writeEarly("notice", text);
  try {
    Deno.kill(daemon, "SIGTERM");
  } catch {
    // Gone a moment ago, which is told next.
  }
}

/** As a rule it has said itself why; a killed one could not. */
function explain(daemon: Pid | undefined, exit: Exit): number {
  if (exit.kind === "code" && exit.code !== EXIT_CODE.DONE) return exit.code;
  const how = exit.kind === "code"
    ? `exited with code ${exit.code}`
    : `exited on signal ${signoOf(exit.signal)}`;
  const text = `master process ${daemon} ${how} before it was ready`;
  writeEarly("emerg", text);
  return EXIT_CODE.FAILED;
}

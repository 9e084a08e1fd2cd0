/**
 * What differs from nginx and is meant to, each with its reason. A difference
 * that is not here fails the suite, and so does a line here that is not needed.
 * `docs/differences.md` is made of these lists and of what the scenarios say
 * is right (their `right`).
 */

import type { Divergence, Wording } from "./judge.ts";

/** The same said otherwise. */
export const WORDINGS: readonly Wording[] = [
  {
    nginx: /( \(SIG\w+\) received) from N/,
    procmgr: "$1",
    reason: "the runtime does not tell who sent a signal",
  },
  {
    nginx: /(worker \[notice\] signal 14 \(SIGALRM\) received)(?: from N)?$/,
    procmgr: "$1, ignoring",
    reason: "a signal without a meaning is said to be ignored, whichever",
  },
  {
    nginx:
      /master \[notice\] ((?:worker|new binary) process N exited with code [1-9]\d*)$/,
    procmgr: "master [error] $1",
    reason: "a code that is not 0 is an error",
  },
  {
    nginx: /\[emerg\] (unknown directive .*) in (\$D\/\w+\.config:N)$/,
    procmgr: "[emerg] $2: $1",
    reason: "the place comes first, as editors and compilers have it",
  },
  {
    nginx: /worker \[alert\] chdir\("nowhere"\)/,
    procmgr: 'worker [emerg] chdir("$D/nowhere")',
    reason: "an operator's mistake is no alert; paths are from the prefix",
  },
  {
    nginx: /using inherited sockets from "N;"/,
    procmgr: 'using inherited sockets from "N;N;"',
    reason: "an address has a socket per worker",
  },
  {
    nginx:
      /\[alert\] rename\(\) (\S+) to (\S+) failed before executing new binary process "[^"]*"/,
    procmgr: '[error] rename() "$1" to "$2" failed',
    reason: "an operator's mistake is no alert",
  },
];

/** A weakness that no scenario shows, and why. */
export interface Unshown {
  readonly weakness: string;
  readonly reason: string;
}

/** The weaknesses of nginx that have no scenario. */
export const UNSHOWN: readonly Unshown[] = [
  {
    weakness: "W11",
    reason: "a full channel: nginx drops OPEN_CHANNEL and CLOSE_CHANNEL " +
      "silently, which only a debugger sees; commands fall back to a signal " +
      "on both. procmgr's channel says when it cannot take a message, and " +
      "what it drops is counted",
  },
];

function nginxSays(line: string | RegExp, reason: string): Divergence {
  return { fact: factOf(line), nginx: "said", procmgr: "silent", reason };
}

function procmgrSays(line: string | RegExp, reason: string): Divergence {
  return { fact: factOf(line), nginx: "silent", procmgr: "said", reason };
}

function factOf(line: string | RegExp): string | RegExp {
  return typeof line === "string" ? `log: ${line}` : line;
}

/** Rows of one scenario. */
function within(
  scenario: string,
  ...rows: readonly Divergence[]
): readonly Divergence[] {
  return rows.map((row) => ({ ...row, scenario }));
}

function fact(
  name: string,
  nginx: string,
  procmgr: string,
  reason: string,
): Divergence {
  return { fact: name, nginx, procmgr, reason };
}

/** Lines of the log that one of them has, in any scenario. */
const LINES: readonly Divergence[] = [
  nginxSays(
    'master [notice] using the "epoll" event method',
    "there is one method",
  ),
  nginxSays(
    /^log: master \[notice\] OS: Linux /,
    "said in one line with Deno's version",
  ),
  procmgrSays(
    /^log: master \[notice\] Deno N, OS: Linux /,
    "what nginx says of its system, with the runtime's version",
  ),
  nginxSays(
    "master [notice] getrlimit(RLIMIT_NOFILE): N",
    "nobody asked; /proc tells",
  ),
  nginxSays(
    /^log: master \[notice\] signal (?:14|17|29) \(SIG(?:ALRM|CHLD|IO)\) rec/,
    "wake-ups of nginx's own making",
  ),
  nginxSays(
    /^log: worker \[notice\] signal 17 \(SIGCHLD\) received/,
    "a worker's own children are its app's business",
  ),
  procmgrSays(
    /^log: master \[notice\] listening on /,
    "says where, since the kernel may have chosen the port",
  ),
  procmgrSays(
    /^log: master \[notice\] generation N is ready, N workers?$/,
    "says that a start or a reload is complete",
  ),
  procmgrSays(
    /^log: master \[emerg\] could not start: /,
    "says in one line why the start was given up",
  ),
  procmgrSays(
    /^log: master \[error\] reload failed, generation N goes on: /,
    "says in one line why the reload was given up",
  ),
  procmgrSays(
    /^log: master \[warn\] worker process is respawned in Nms after /,
    "says that it waits before the next respawn; nginx never waits",
  ),
  procmgrSays(
    "master [notice] new binary process N is ready",
    "says that an upgrade is complete",
  ),
  procmgrSays(
    "master [notice] old binary process is gone",
    "the new master says that it is alone",
  ),
  procmgrSays(
    "master [notice] the configuration is not read during an upgrade",
    "says why HUP does not reload; nginx's does not either",
  ),
  procmgrSays(
    /^log: master \[\w+\] no upgrade, generation N goes on: /,
    "says in one line why the upgrade was backed out",
  ),
  {
    ...procmgrSays(
      "worker [notice] signal 3 (SIGQUIT) received, shutting down",
      "a worker's parent-death signal may come before the kernel names " +
        "another parent",
    ),
    rare: true,
  },
  procmgrSays(
    "master [notice] worker process N drains by itself",
    "says why another worker is started",
  ),
  procmgrSays(
    "master [warn] worker process N does not terminate, sending SIGKILL",
    "says what nginx does in silence",
  ),
  procmgrSays(
    /^log: worker \[notice\] worker_shutdown_timeout of N ms passed, closing /,
    "says how many connections are cut",
  ),
  procmgrSays(
    /^log: worker \[notice\] closing connection N, open for N ms, /,
    "says which connections are cut",
  ),
];

const FAILED_START: readonly Divergence[] = [
  procmgrSays(
    "master [notice] program/N",
    "the log is open before the addresses are: it has the whole story",
  ),
  procmgrSays(
    "master [notice] exit",
    "a start that fails ends like any other run",
  ),
];

const STRANGE = "a variable NGINX is none of procmgr's (W22)";

const STARTS: readonly Divergence[] = [
  ...within("a daemon that cannot start: the command says so", ...FAILED_START),
  ...within(
    "a daemon whose workers cannot start: the command says so",
    fact("the command that starts it", "exit 0", "absent", "it failed (W3)"),
    fact("end", "gone", "exit 1", "it has ended before (W3)"),
    nginxSays(
      "master [alert] worker process N exited with fatal code 2 and cannot be respawned",
      "the start fails instead (W3)",
    ),
    nginxSays(
      "master [notice] signal 15 (SIGTERM) received, exiting",
      "procmgr has ended before (W3)",
    ),
  ),
  ...within(
    "a daemon with a variable of a strange name in its environment",
    nginxSays(
      'master [notice] using inherited sockets from "/opt/nginx"',
      STRANGE,
    ),
    nginxSays(
      'master [emerg] invalid socket number "/opt/nginx" in NGINX environment variable, ignoring',
      STRANGE,
    ),
  ),
  ...within(
    "start on an address of another machine fails at once",
    ...FAILED_START,
  ),
  ...within(
    "start on an address in use gives up after its retries",
    ...FAILED_START,
  ),
  ...within(
    "a Unix socket comes with the start and goes with TERM",
    nginxSays(
      "master [warn] deleting socket $D/web.sock",
      "the file of a listener that is dropped is its own to remove: no " +
        "warning is due",
    ),
  ),
];

const CUT = "a fault of nginx before 1.23: TERM cuts what a drain left";

const CUT_DRAIN: readonly Divergence[] = [
  nginxSays("worker [alert] open socket #N left in connection N", CUT),
  nginxSays("worker [alert] aborting", CUT),
];

const WINCH = "containers and service managers have no daemons; only a " +
  "terminal's WINCH is passed over";

const STOPS: readonly Divergence[] = [
  ...within(
    "TERM after QUIT and QUIT: the second changes nothing, TERM ends it",
    ...CUT_DRAIN,
  ),
  ...within(
    "QUIT and TERM end the cache manager and loader at once",
    ...CUT_DRAIN,
  ),
  ...within(
    "QUIT does not wait for clients that say nothing",
    ...CUT_DRAIN,
    nginxSays(
      "master [notice] signal 15 (SIGTERM) received, exiting",
      "only nginx is still there to hear it (W18)",
    ),
  ),
  ...within(
    "QUIT waits for a worker that hangs, and reopens logs meanwhile",
    procmgrSays("master [notice] reopening logs", "nginx reopens none (W18)"),
    procmgrSays("worker [notice] reopening logs", "nginx reopens none (W18)"),
  ),
  ...within(
    "WINCH in the foreground",
    fact("the workers drain", "no", "yes", WINCH),
    nginxSays("master [notice] signal 28 (SIGWINCH) received", WINCH),
    procmgrSays(
      "master [notice] signal 28 (SIGWINCH) received, stop accepting connections",
      WINCH,
    ),
    procmgrSays("worker [notice] gracefully shutting down", WINCH),
  ),
  ...within(
    "TERM's ladder is not held up by other signals",
    procmgrSays(
      "master [notice] reopening logs",
      "logs are reopened as long as there is a master",
    ),
  ),
];

const RELOADS: readonly Divergence[] = [
  ...within(
    "a reload that fails does not move the pid file",
    nginxSays(
      'master [alert] unlink() "$D/master.pid" failed (2: No such file or directory)',
      "nginx does not find the pid file it has moved (W8)",
    ),
  ),
  ...within(
    "reload to workers that cannot start keeps the old ones",
    nginxSays(
      "master [alert] worker process N exited with fatal code 2 and cannot be respawned",
      "a worker that fails before all are ready is nobody to respawn: the " +
        "reload is given up",
    ),
    nginxSays(
      "worker [notice] gracefully shutting down",
      "the old workers are not told to go (W1)",
    ),
  ),
  ...within(
    "reload to workers that hang in their start keeps the old ones",
    nginxSays(
      "worker [notice] gracefully shutting down",
      "the old workers are not told to go (W1)",
    ),
    nginxSays(
      "master [alert] worker process N exited on signal 9",
      "a worker that hangs before it reads its channel hears a signal only",
    ),
  ),
];

const FATAL_TWICE = "said once, as the alert: it has the code in it";

const FORK_FAILED: readonly Divergence[] = [
  nginxSays(
    'master [alert] fork() failed while spawning "worker process" (11: Resource temporarily unavailable)',
    "one line has both, and says which call failed",
  ),
  procmgrSays(
    'master [error] could not respawn worker process: spawn("/proc/self/exe") failed (11: Resource temporarily unavailable)',
    "the machine is short of something: an error, no fault of the program",
  ),
];

const RESPAWNS: readonly Divergence[] = [
  ...within(
    "a master without workers ends at QUIT",
    nginxSays(
      "master [error] worker process N exited with code 2",
      FATAL_TWICE,
    ),
  ),
  ...within(
    "exit code 2 is fatal: not started again before a reload",
    nginxSays(
      "master [error] worker process N exited with code 2",
      FATAL_TWICE,
    ),
  ),
  ...within(
    "a start whose workers cannot start fails",
    nginxSays(
      "master [alert] worker process N exited with fatal code 2 and cannot be respawned",
      "the start fails instead (W3)",
    ),
    nginxSays(
      "master [notice] signal 15 (SIGTERM) received, exiting",
      "procmgr has ended before (W3)",
    ),
  ),
  ...within(
    "a fork that fails is tried again",
    ...FORK_FAILED,
    nginxSays("master [alert] could not respawn worker process", "in one line"),
    nginxSays(
      /^log: master \[alert\] (?:sendmsg\(\)|close\(\) channel|kill\(\d+, N\)) failed/,
      "the row of the worker that could not be started keeps the numbers of " +
        "closed descriptors (W9)",
    ),
  ),
  ...within(
    "a start that cannot fork ends, or can be ended",
    ...FORK_FAILED,
    fact("end", "SIGKILL", "absent", "nothing else ends nginx (W9b)"),
    fact("left: files", "master.pid", "none", "it was killed (W9b)"),
    procmgrSays("master [notice] exit", "it ends (W9b)"),
  ),
];

const NO_RELOAD = "nginx adds workers instead of reloading (W6)";
const ORPHANS = "nginx leaves its workers behind (W5)";
const FOREGROUND = "containers and service managers upgrade, too";

const UPGRADES: readonly Divergence[] = [
  ...within(
    "upgrade to a broken configuration: nothing has changed",
    nginxSays(
      'master [notice] using inherited sockets from "N;N;"',
      "said when they are used: not with a broken configuration",
    ),
  ),
  ...within(
    "a pid file that cannot be renamed: no upgrade, and HUP still reloads",
    fact("left: files", "master.pid", "none", "nginx forgets it (W6)"),
    nginxSays(
      'master [alert] unlink() "$D/master.pid.oldbin" failed (21: Is a directory)',
      "nginx takes the other file for its own (W6)",
    ),
    procmgrSays("master [notice] reconfiguring", NO_RELOAD),
    procmgrSays("worker [notice] gracefully shutting down", NO_RELOAD),
  ),
  ...within(
    "a new master that is killed takes its workers along",
    nginxSays(
      "worker [notice] signal 15 (SIGTERM) received, exiting",
      "only nginx's are still there to hear it (W16)",
    ),
    procmgrSays(
      "worker [error] master process is gone, shutting down",
      "a worker that loses its master says so and drains (W16)",
    ),
  ),
  ...within(
    "a rolled back master still waits for its workers at TERM",
    fact("after it: workers", "4", "2", ORPHANS),
    fact("after it: new workers", "2", "0", ORPHANS),
    fact("left: processes", "worker", "none", ORPHANS),
  ),
  ...within(
    "USR2 in the foreground",
    fact("a new master", "no", "yes", FOREGROUND),
    nginxSays(
      /^log: master \[(?:notice|crit)\] (?:signal 12|the chang)/,
      FOREGROUND,
    ),
    procmgrSays(/^log: master \[notice\] /, FOREGROUND),
  ),
];

const IN_PROCESS = procmgrSays(
  /^log: master \[notice\] (?:start worker|worker of this|grace|exiting$)/,
  "the worker within the process is told what any other is, and says so",
);

const SINGLES: readonly Divergence[] = [
  ...within("a single process serves, and goes on after HUP", IN_PROCESS),
  ...within("a single process drains at QUIT", IN_PROCESS),
];

const LOGS: readonly Divergence[] = [
  ...within(
    "a new worker does not open logs that nobody told it to",
    nginxSays(
      'worker [emerg] open() "$D/error.log" failed (13: Permission denied)',
      "it has not been given the file yet (W20)",
    ),
  ),
];

const STARTED = "[notice] signal process started";
const DEBIAN = "Debian's nginx says that it has sent a signal; upstream's " +
  "says nothing either";
const EMPTY_PID_FILE = "-t writes no file; nginx leaves an empty pid file";

const COMMANDS: readonly Divergence[] = [
  { fact: /: says$/, nginx: STARTED, procmgr: "nothing", reason: DEBIAN },
  ...within(
    "-t judges a configuration without starting anything",
    fact(
      "broken: says",
      '[emerg] unknown directive "nobody_knows_this" in $D/first.config:N; ' +
        "configuration file $D/first.config test failed",
      '[emerg] $D/first.config:N: unknown directive "nobody_knows_this"; ' +
        "configuration test failed",
      "the place comes first, as editors and compilers have it",
    ),
    fact("left: files", "master.pid", "none", EMPTY_PID_FILE),
  ),
  ...within(
    "-t refuses more workers than there can be",
    fact(
      "test: says",
      "the configuration file $D/first.config syntax is ok; configuration " +
        "file $D/first.config test is successful",
      '[emerg] $D/first.config:N: worker_processes: must be "auto" or an ' +
        "integer from N to N, got N; configuration test failed",
      "says what is possible (W10)",
    ),
  ),
  ...within(
    "-s with a name that is none is refused",
    fact(
      "nonsense: exit",
      "1",
      "100",
      "a mistyped command line has a code of its own",
    ),
  ),
  ...within(
    "-s with a pid file that is empty or holds junk is refused",
    fact(
      "empty: says",
      `${STARTED}; [error] invalid PID number "" in "$D/master.pid"`,
      '[error] invalid PID number "" in "$D/master.pid"',
      DEBIAN,
    ),
    fact(
      "junk: says",
      `${STARTED}; [error] invalid PID number "abc" in "$D/master.pid"`,
      '[error] invalid PID number "abc" in "$D/master.pid"',
      DEBIAN,
    ),
    fact(
      "nobody: says",
      `${STARTED}; [alert] kill(9999999, N) failed (3: No such process)`,
      '[error] "$D/master.pid" is not locked, process N is not our master',
      "whom nobody holds the pid file for gets no signal (W13)",
    ),
  ),
  ...within(
    "-s stop acts, and then there is nobody to tell",
    fact(
      "stop again: says",
      `${STARTED}; [error] open() "$D/master.pid" failed (2: No such file ` +
        "or directory)",
      '[error] open() "$D/master.pid" failed (2: No such file or directory)',
      DEBIAN,
    ),
  ),
  ...within(
    "-s stop with a stale pid file hurts no stranger",
    fact(
      "stop: says",
      STARTED,
      '[error] "$D/master.pid" is not locked, process N is not our master',
      "it signals nobody (W13)",
    ),
  ),
  ...within(
    "-s with a broken configuration is refused, the master goes on",
    fact(
      "stop: says",
      '[emerg] unknown directive "nobody_knows_this" in $D/first.config:N',
      '[emerg] $D/first.config:N: unknown directive "nobody_knows_this"',
      "the place comes first, as editors and compilers have it",
    ),
  ),
];

const SECOND = "there is no second master (W13)";
const AGAIN = "nginx could not start again (W15, W21)";

const CRASHES: readonly Divergence[] = [
  ...within(
    "a second master with the same pid file",
    fact("after it: masters", "2", "1", SECOND),
    fact("after it: workers", "4", "2", SECOND),
    fact("end of second", "exit 0", "exit 1", SECOND),
    nginxSays(
      'master [alert] unlink() "$D/master.pid" failed (2: No such file or directory)',
      "both remove the one file (W13)",
    ),
    procmgrSays(
      'master [emerg] flock() "$D/master.pid" failed (11: another master runs, process N)',
      "the second says who is first (W13)",
    ),
  ),
  ...within(
    "a Unix socket that a dead master left is taken over",
    fact("end", "exit 1", "exit 0", AGAIN),
    fact("left: files", "master.pid, web.sock", "none", AGAIN),
    nginxSays(/^log: master \[\w+\] (?:bind\(\)|try again|still)/, AGAIN),
    procmgrSays(/^log: (?:master|worker) \[notice\] /, AGAIN),
  ),
  ...within(
    "a master that is killed: its workers go, and it can start again",
    fact("after KILL: workers", "2", "0", "nginx's are orphans (W15)"),
    fact("end", "exit 1", "exit 0", AGAIN),
    fact("left: files", "master.pid", "none", AGAIN),
    nginxSays(/^log: master \[\w+\] (?:bind\(\)|try again|still)/, AGAIN),
    procmgrSays(/^log: master \[notice\] /, AGAIN),
    procmgrSays(
      "worker [error] master process is gone, shutting down",
      "a worker that loses its master says so and drains (W15)",
    ),
  ),
];

/** Accepted differences. */
export const DIVERGENCES: readonly Divergence[] = [
  ...LINES,
  ...STARTS,
  ...STOPS,
  ...RELOADS,
  ...RESPAWNS,
  ...UPGRADES,
  ...SINGLES,
  ...LOGS,
  ...COMMANDS,
  ...CRASHES,
];

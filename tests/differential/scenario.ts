/**
 * What a scenario is: configuration, steps, and what must come of them. Data
 * only, without a word of either program's language: the drivers write the
 * configuration, perform.ts does the steps, on nginx and on procmgr alike.
 *
 * A scenario's `expect` are facts that both sides must show; every other fact
 * must be equal on both. Where nginx is wrong, `right` says what is right and
 * how nginx breaks it (the weaknesses, W1 to W23). Everything else that
 * differs has a line with a reason in divergence.ts.
 */

/** What a program is told, in nginx's words; the drivers write it down. */
export interface Settings {
  readonly workers: number;
  /** Which of the side's own ports it listens on, the first is 0. */
  readonly listen: readonly number[];
  /** The pid file's name in the side's folder. */
  readonly pid: string;
  /** "nginx": nginx alone, who hears WINCH and USR2 only as a daemon. */
  readonly daemon: boolean | "nginx";
  readonly masterProcess: boolean;
  readonly errorLog: string;
  readonly shutdownTimeout?: string;
  /** procmgr's alone: how long a draining worker keeps idle connections. */
  readonly keepaliveDrain: string;
  readonly user?: string;
  readonly priority?: number;
  readonly nofile?: number;
  readonly directory?: string;
  /** A Unix socket's name in the side's folder. */
  readonly unix?: string;
  /** Not an address of this machine. */
  readonly foreignAddress?: boolean;
  /** A cache zone, and so a cache manager and a cache loader. */
  readonly cache?: boolean;
  /** A directive that nobody knows. */
  readonly broken?: boolean;
}

/** Some settings, the others stay. */
export type Change = Partial<Settings>;

/** Whom a signal is sent to; `group` is a terminal's Ctrl-C. */
export type Target =
  | "master"
  | "old master"
  | "new master"
  | "second"
  | "bystander"
  | "worker 0"
  | "worker 1"
  | "workers"
  | "cache manager"
  | "cache loader"
  | "group";

/** How a connection is held open. */
export type Held =
  /** A request whose answer is half there until it is released. */
  | "slow"
  /** Kept alive after one answer. */
  | "idle"
  /** Accepted, and has not sent a byte. */
  | "silent"
  /** Half of a request line. */
  | "half"
  /** A request that is sent, and whose answer nobody waits for yet. */
  | "waiting";

/** What is waited for; all that are named must hold at once. */
export interface Condition {
  readonly masters?: number;
  /** So many workers that do not drain. */
  readonly workers?: number;
  /** So many of them were not there at the last look. */
  readonly fresh?: number;
  readonly draining?: number;
  readonly managers?: number;
  readonly loaders?: number;
  readonly gone?: Target;
  readonly alive?: Target;
  readonly said?: RegExp;
  /** How often it was said, at least; once unless named. */
  readonly times?: number;
  readonly pidFile?: string;
  readonly refuses?: number;
  /** A file of the folder is there. */
  readonly file?: string;
}

/** What the program's own command line is asked for. */
export type Command =
  | "test"
  | "stop"
  | "quit"
  | "reload"
  | "reopen"
  | "nonsense";

/** What every worker, or every fork, does from now on. */
export type Fault = "none" | "hang" | "exit 1" | "exit 2" | "exit 3" | "nofork";

/** One step; those with a `label` say a fact by that name. */
export type Step =
  | {
    readonly kind: "start";
    readonly label?: string;
    /** Another instance, with a configuration of its own. */
    readonly second?: Change;
    readonly env?: Readonly<Record<string, string>>;
    /** Whether it is up is for an `up` step to say. */
    readonly waits?: false;
  }
  | { readonly kind: "up"; readonly label: string }
  | {
    readonly kind: "get";
    readonly label: string;
    readonly port?: number;
    readonly withinMs?: number;
  }
  | {
    readonly kind: "hold";
    readonly name: string;
    readonly how: Held;
    readonly port?: number;
  }
  | { readonly kind: "release"; readonly name: string }
  /** A whole request, or the half that is missing. */
  | { readonly kind: "ask"; readonly name: string }
  | {
    readonly kind: "outcome";
    readonly name: string;
    readonly label?: string;
    readonly withinMs?: number;
  }
  | {
    readonly kind: "closes";
    readonly name: string;
    readonly withinMs?: number;
  }
  | {
    readonly kind: "signal";
    readonly to: Target;
    /** Several are pending together: the target is stopped meanwhile. */
    readonly signals: readonly Deno.Signal[];
  }
  /** A signal again and again, until the master is gone. */
  | {
    readonly kind: "pester";
    readonly label: string;
    readonly signal: Deno.Signal;
    readonly forMs: number;
  }
  | { readonly kind: "configure"; readonly change: Change }
  | { readonly kind: "fault"; readonly fault: Fault }
  | { readonly kind: "look"; readonly label: string }
  | {
    readonly kind: "until";
    readonly label: string;
    readonly is: Condition;
    readonly withinMs?: number;
  }
  | {
    readonly kind: "stays";
    readonly label: string;
    readonly is: Condition;
    readonly forMs: number;
  }
  /** How many lines match, in the words of `atMost`: "few" or "many". */
  | {
    readonly kind: "count";
    readonly label: string;
    readonly pattern: RegExp;
    readonly few: number;
  }
  | {
    readonly kind: "order";
    readonly label: string;
    readonly of: readonly RegExp[];
  }
  /** Whether the lines that match carry more than one time. */
  | {
    readonly kind: "clock";
    readonly label: string;
    readonly pattern: RegExp;
  }
  | {
    readonly kind: "says";
    readonly label: string;
    readonly file: string;
    readonly pattern: RegExp;
  }
  | {
    readonly kind: "command";
    readonly label: string;
    readonly is: Command;
  }
  | {
    readonly kind: "file";
    readonly does: "rename" | "remove" | "write" | "folder";
    readonly name: string;
    /** The new name, or the text; `{bystander}` is a stranger's pid. */
    readonly to?: string;
  }
  /** Who owns a file, and what became of it. */
  | {
    readonly kind: "owner";
    readonly label: string;
    readonly name: string;
  }
  /** What a process is, in the kernel's words. */
  | {
    readonly kind: "attributes";
    readonly label: string;
    readonly of: "master" | "worker 0";
  }
  | { readonly kind: "occupy"; readonly port: number }
  | { readonly kind: "vacate"; readonly port: number }
  | { readonly kind: "bystander" }
  | {
    readonly kind: "ended";
    readonly label: string;
    readonly of?: "master" | "second";
    readonly withinMs?: number;
  };

/** What is right where nginx is wrong. */
export interface Right {
  /** Its number in the list of weaknesses. */
  readonly weakness: string;
  readonly fact: string;
  /** What procmgr must show. */
  readonly is: string;
  /** What nginx shows instead. */
  readonly nginx: string;
  /** What nginx does, for the operator who reads the page. */
  readonly why: string;
}

/** What a machine must have for a scenario. */
export type Need = "gcc" | "root";

/** One story, told to both programs. */
export interface Scenario {
  /** A sentence, as the name of its test. */
  readonly name: string;
  readonly settings?: Change;
  readonly needs?: readonly Need[];
  readonly steps: readonly Step[];
  /** Facts that both must show. */
  readonly expect: Readonly<Record<string, string>>;
  readonly right?: readonly Right[];
}

/** What a scenario begins with. */
export const SETTINGS: Settings = {
  workers: 2,
  listen: [0],
  pid: "master.pid",
  daemon: false,
  masterProcess: true,
  errorLog: "error.log",
  keepaliveDrain: "200ms",
};

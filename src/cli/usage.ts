/**
 * What `-h`, `-v` and `-V` print. nginx's layout, so that it reads as
 * expected; the exit codes are here because operators script on them.
 */

/** What `versionText` prints; the program knows it, this file does not. */
export interface VersionFacts {
  /** procmgr's own: "0.1.0". */
  readonly version: string;
  /** The runtime and its parts, one line: "deno 2.9.6, v8 14.0". */
  readonly runtime: string;
  /** "x86_64-unknown-linux-gnu". */
  readonly target: string;
  /** The packed file, and where that is unpacked; undefined: it is not one. */
  readonly packed?: { readonly file: string; readonly folder: string };
}

const USAGE = `\
Usage: procmgr [-?hvVtTq] [-s signal [--wait]] [-p prefix]
               [-e filename] [-c filename] [-g directives] [app | folder]

Runs a master and its workers; the workers run the app, a TypeScript or
JavaScript file whose default export has a fetch method, or serve the folder.

Options:
  -?,-h, --help        : this help
  -v, --version        : show version and exit
  -V, --version-verbose: show version and how it was built, then exit
  -t, --test           : test configuration and exit
  -T, --dump           : test configuration, dump it and exit
  -q, --quiet          : suppress non-error messages while testing
  -s, --signal signal  : send signal to a master process:
                         stop, quit, reopen, reload, upgrade
      --wait           : with -s, return when it is done and say how it went
      --purge-url url  : forget the stored response to that URL, and exit
      --purge-tag tag  : forget stored responses with that Cache-Tag, and exit
  -p, --prefix prefix  : set prefix path (default: the folder of the
                         configuration file)
  -e, --error-log file : set error log file (default: stderr)
  -c, --config file    : set configuration file (default: procmgr.jsonc,
                         if there is one)
  -g, --globals text   : set global directives out of configuration file:
                         'worker_processes 4; clear_env on;' or a JSON object

Files, relative to the prefix:
  procmgr.jsonc        : configuration
  procmgr.pid          : process id of the master, locked while it runs

Signals to the master:
  TERM, INT  fast stop             QUIT  graceful stop
  HUP        reload configuration  USR1  reopen logs
  TTIN       one worker more       TTOU  one worker fewer
  USR2       upgrade the program   WINCH workers leave, until HUP

Exit codes:
  0    done
  1    cannot start, or what was asked for failed
  2    workers only: fatal, the master does not respawn it
  100  the command line was wrong
`;

/** The help, with a line end at its end. */
export function usageText(): string {
  return USAGE;
}

/** `-v`, and with `verbose` `-V`; a line end at the end. */
export function versionText(
  { version, runtime, target, packed }: VersionFacts,
  { verbose }: { readonly verbose: boolean },
): string {
  const first = `procmgr version: procmgr/${version}\n`;
  if (!verbose) return first;
  const form = packed === undefined
    ? ""
    : `packed in ${packed.file}, unpacked in ${packed.folder}\n`;
  return `${first}built for ${target}\nruns on ${runtime}\n${form}`;
}

/**
 * What the os tests share: a folder per test, and running a fixture program as
 * a process of its own, for all that a test runner must not do to itself.
 *
 * Not for `deno test --parallel`, which runs files as threads of one process:
 * these tests count its fds and change its umask.
 */

export const IS_ROOT = Deno.uid() === 0;

/** The path of a fixture program. */
export function fixture(name: string): string {
  return new URL(`../fixture/${name}.ts`, import.meta.url).pathname;
}

/** The command that runs a fixture program. */
export function fixtureCommand(
  name: string,
  ...args: readonly string[]
): string[] {
  return [Deno.execPath(), "run", "--allow-all", fixture(name), ...args];
}

/** Run a fixture to its end; what it printed, as JSON. */
export async function runFixture(
  name: string,
  ...args: readonly string[]
): Promise<Record<string, unknown>> {
  const [file = "", ...rest] = fixtureCommand(name, ...args);
  const { code, stdout, stderr } = await new Deno.Command(file, {
    args: rest,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stdout);
  if (code !== 0) {
    throw new Error(
      `${name} exited with ${code}: ${new TextDecoder().decode(stderr)}`,
    );
  }
  return JSON.parse(text);
}

/** Start a fixture that goes on; `lines` gives what it prints. */
export function startFixture(name: string, ...args: readonly string[]): {
  readonly process: Deno.ChildProcess;
  readonly nextLine: () => Promise<string>;
} {
  const [file = "", ...rest] = fixtureCommand(name, ...args);
  const process = new Deno.Command(file, {
    args: rest,
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream())
    .getReader();
  let text = "";
  return {
    process,
    async nextLine(): Promise<string> {
      while (!text.includes("\n")) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`${name} ended; it printed "${text}"`);
        text += value;
      }
      const end = text.indexOf("\n");
      const line = text.slice(0, end);
      text = text.slice(end + 1);
      return line;
    },
  };
}

/** Give `use` a folder of its own, removed afterwards. */
export async function withFolder(
  use: (folder: string) => void | Promise<void>,
): Promise<void> {
  const folder = Deno.makeTempDirSync({ prefix: "procmgr-os-" });
  try {
    await use(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Whether a process runs; a zombie does not. */
export function isRunning(pid: number): boolean {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return !stat.slice(stat.lastIndexOf(")")).startsWith(") Z");
  } catch {
    return false;
  }
}

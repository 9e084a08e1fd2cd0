/**
 * Programs of others that a test talks to. Where one is not installed the
 * test is skipped, aloud:
 *
 *     Deno.test({ name, ignore: isMissing("chromium"), fn });
 */

/** Whether `name` cannot be run here; says so. */
export function isMissing(name: string): boolean {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  if (folders.some((folder) => isFile(`${folder}/${name}`))) return false;
  // deno-lint-ignore no-console
  console.log(`SKIPPED, no ${name}`);
  return true;
}

/** Run `name` to its end, for a minute at most; answers with its output. */
export async function runTool(
  name: string,
  args: readonly string[],
): Promise<string> {
  const { stdout, stderr, code } = await new Deno.Command(name, {
    args: [...args],
    stdin: "null",
    signal: AbortSignal.timeout(60_000),
  }).output();
  const decoder = new TextDecoder();
  const text = decoder.decode(stdout);
  if (code === 0) return text;
  throw new Error(
    `${name}: exit code ${code}\n${text}${decoder.decode(stderr)}`,
  );
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

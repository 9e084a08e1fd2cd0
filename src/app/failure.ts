/**
 * What an app's error looks like in one log line: class, message and the first
 * place in its stack that is not the runtime's or ours. Never throws, whatever
 * was thrown: apps throw strings, null and proxies too. Pure.
 */

/** Frames from here are procmgr's own: the folder above `src/`. */
const OWN_SOURCE = new URL("../", import.meta.url).href;

/** Nothing an app says makes a line longer than this, in characters. */
const TEXT_LENGTH_MAX = 1000;

/** `TypeError: x is not a function at /srv/app.ts:3:9`. */
export function describeFailure(error: unknown): string {
  try {
    return describe(error);
  } catch {
    return "something that cannot even be described";
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return `non-error ${preview(error)}`;
  const name = String(error.name || "Error");
  const text = shorten(
    error.message === "" ? name : `${name}: ${error.message}`,
  );
  const place = firstPlace(String(error.stack ?? ""));
  return place === undefined ? text : `${text} at ${place}`;
}

function preview(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : Deno.inspect(
    value,
    { colors: false, compact: true, depth: 1, breakLength: Infinity },
  );
  return shorten(text);
}

/** The first line is enough: the rest of a message is code or a hint. */
function shorten(text: string): string {
  return text.length > TEXT_LENGTH_MAX
    ? `${text.slice(0, TEXT_LENGTH_MAX - 3)}...`
    : text;
}

/** The first frame in a file that is not ours: `/srv/app.ts:3:9`. */
export function firstPlace(stack: string): string | undefined {
  for (const line of stack.split("\n")) {
    if (!/^\s+at /.test(line)) continue;
    const frame = /(file:\/\/\/[^()\s]+:\d+:\d+)/.exec(line)?.[1];
    if (frame === undefined || frame.startsWith(OWN_SOURCE)) continue;
    return toPlace(frame);
  }
  return undefined;
}

/** `file:///srv/a%20b.ts:3:9` as `/srv/a b.ts:3:9`. */
export function toPlace(frame: string): string {
  const path = frame.replace(/^file:\/\//, "");
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

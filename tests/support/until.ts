/**
 * Waiting, the only kind the tests know: look again and again until what is
 * wanted is there, and fail with a sentence when it is not there in time.
 * tidy bans every other wait in tests/ but the fixtures' own.
 */

/** How to wait. */
export interface UntilOptions {
  /** Ends the failure: "Not within 20 ms: …"; a function is asked then. */
  readonly what: string | (() => string);
  /** Generous, because the machine may be busy. */
  readonly withinMs?: number;
  /** How often to look. */
  readonly everyMs?: number;
}

/** What means "not yet"; 0 and the empty text are found. */
type Nothing = undefined | null | false;

/** One look, answered now or soon. */
export type Look<Value> = () => Value | Nothing | Promise<Value | Nothing>;

const WITHIN_MS = 20_000;
const POLL_MS = 10;

/** Look until there is something; answers with it. */
export async function until<Value>(
  look: Look<Value>,
  { what, withinMs = WITHIN_MS, everyMs = POLL_MS }: UntilOptions,
): Promise<Value> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== null && found !== false) return found;
    if (performance.now() > deadline) {
      const text = typeof what === "string" ? what : what();
      throw new Error(`Not within ${withinMs} ms: ${text}`);
    }
    await pause(everyMs);
  }
}

/** That something stays as it is for `forMs`; fails as soon as it is not. */
export async function throughout(
  holds: () => boolean | Promise<boolean>,
  { what, forMs }: { readonly what: string; readonly forMs: number },
): Promise<void> {
  const end = performance.now() + forMs;
  do {
    if (!await holds()) throw new Error(`Did not stay: ${what}`);
    await pause(POLL_MS);
  } while (performance.now() < end);
}

/** A promise that must settle in time. */
export async function within<Value>(
  promise: Promise<Value>,
  { what, withinMs = WITHIN_MS }: UntilOptions,
): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const text = typeof what === "string" ? what : what();
      reject(new Error(`Not within ${withinMs} ms: ${text}`));
    }, withinMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function pause(forMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, forMs));
}

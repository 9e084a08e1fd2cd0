/**
 * The only Deno.dlopen: glibc, as far as `libc_symbols.ts` declares it.
 *
 * Functions are called by their address: for a function that `dlopen` itself
 * makes, the runtime compiles machine code, which costs 0.3 ms of start time
 * each and the memory of its compiler. A call is 2 us slower for it, and none
 * of ours is on the way of a request. Source: Deno ext/ffi/turbocall.rs.
 *
 * All calls are synchronous, so that errno is still the call's when `check` in
 * errno.ts reads it; the one exception waits for a signal and says so. Nothing
 * here decides or checks anything.
 */

import { LIBC_SYMBOLS } from "./libc_symbols.ts";

const LIBRARY = "libc.so.6";

type Libc = Deno.DynamicLibrary<typeof LIBC_SYMBOLS>["symbols"];
type Name = keyof typeof LIBC_SYMBOLS;

let errnoView: Deno.UnsafePointerView | undefined;

/** The C library. A function is made ready when it is first asked for. */
export const libc: Libc = lazySymbols();

/**
 * errno of this thread. Read it right after a synchronous call, before
 * anything else happens: see `check` in errno.ts.
 */
export function readErrno(): number {
  return errnoView?.getInt32() ?? 0;
}

/** Where `buffer` lies in memory, for a pointer inside a C struct. */
export function addressOf(buffer: BufferSource): bigint {
  return BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(buffer)));
}

function lazySymbols(): Libc {
  const lazy = {};
  for (const name of Object.keys(LIBC_SYMBOLS) as Name[]) {
    Object.defineProperty(lazy, name, {
      configurable: true,
      get(): unknown {
        openErrno();
        const value = functionAt(name, LIBC_SYMBOLS[name]);
        Object.defineProperty(lazy, name, { value });
        return value;
      },
    });
  }
  return lazy as Libc;
}

/**
 * Opened before the first symbol, not when the first call fails: opening it
 * then would overwrite the very errno that is asked for. The address is fixed
 * for the life of the thread. man 3 errno
 */
function openErrno(): void {
  if (errnoView !== undefined) return;
  const locate = functionAt("__errno_location", {
    parameters: [],
    result: "pointer",
  });
  const location = locate() as Deno.PointerValue;
  if (location !== null) errnoView = new Deno.UnsafePointerView(location);
}

/** A symbol that is a pointer is its address. */
function functionAt(
  name: string,
  definition: Deno.ForeignFunction & { readonly name?: string },
): (...values: never[]) => unknown {
  const symbol = definition.name ?? name;
  const library = Deno.dlopen(LIBRARY, { [symbol]: { type: "pointer" } });
  const address = library.symbols[symbol] as Deno.PointerObject<never>;
  const target = new Deno.UnsafeFnPointer(address, definition);
  return (...values) => target.call(...values);
}

/**
 * The address of a listener as Deno says it, for `onListen`. The text is ours:
 * `127.0.0.1:8080`, `[::]:80`, `unix:/run/x.sock`.
 */

/** What `Deno.serve` would tell of a socket bound to `bound`. */
export function toListenAddress(bound: string): Deno.Addr {
  if (bound.startsWith("unix:")) {
    return { transport: "unix", path: bound.slice("unix:".length) };
  }
  const colon = bound.lastIndexOf(":");
  const hostname = bound.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
  return { transport: "tcp", hostname, port: Number(bound.slice(colon + 1)) };
}

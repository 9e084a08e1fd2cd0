/**
 * A program of clients that go before they are answered, of four kinds in turn:
 * within their own head, while the app works, within the answer, and within
 * their own body.
 *
 *     deno run --allow-net bench/abort.ts '{"port": 8080, …}'
 *
 * Prints what became of them as one line of JSON. The paths are those of
 * program/memory_app.ts.
 */

/** The argument, as JSON. */
export interface AbortOptions {
  readonly port: number;
  /** How many clients there are in all. */
  readonly aborts: number;
  /** How many at once. */
  readonly connections: number;
}

/** What became of them. */
export interface AbortReport {
  /** As each was meant to end. */
  readonly aborted: number;
  /** Connections that could not be made, or that the server ended. */
  readonly failed: number;
}

/** One way to go. */
interface Kind {
  readonly request: string;
  /** What must have come before it goes. */
  readonly awaits?: string;
}

const HEAD = "HTTP/1.1\r\nHost: 127.0.0.1\r\n";

const KINDS: readonly Kind[] = [
  { request: `GET / ${HEAD}X-Half: ` },
  { request: `GET /slow ${HEAD}\r\n` },
  { request: `GET /stream ${HEAD}\r\n`, awaits: "HTTP/1.1 200" },
  {
    request: `POST /upload ${HEAD}Content-Length: 1000000\r\n\r\n${
      "x".repeat(10_000)
    }`,
  },
];

/** Long enough for the server to have read it, in most cases. */
const STAY_MS = 2;

async function abortOne(port: number, kind: Kind): Promise<boolean> {
  let socket: Deno.TcpConn;
  try {
    socket = await Deno.connect({ hostname: "127.0.0.1", port });
  } catch {
    return false;
  }
  try {
    await writeAll(socket, new TextEncoder().encode(kind.request));
    if (kind.awaits !== undefined) return await hasCome(socket, kind.awaits);
    await new Promise((done) => setTimeout(done, STAY_MS));
    return true;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}

async function writeAll(
  socket: Deno.TcpConn,
  bytes: Uint8Array,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await socket.write(bytes.subarray(at));
  }
}

async function hasCome(socket: Deno.TcpConn, start: string): Promise<boolean> {
  const buffer = new Uint8Array(4096);
  const count = await socket.read(buffer) ?? 0;
  return new TextDecoder().decode(buffer.subarray(0, count)).startsWith(start);
}

async function abortAll(options: AbortOptions): Promise<AbortReport> {
  const report = { aborted: 0, failed: 0 };
  let begun = 0;
  const client = async (): Promise<void> => {
    while (begun < options.aborts) {
      const kind = KINDS[begun++ % KINDS.length];
      if (kind === undefined) continue;
      if (await abortOne(options.port, kind)) report.aborted++;
      else report.failed++;
    }
  };
  await Promise.all(Array.from({ length: options.connections }, client));
  return report;
}

if (import.meta.main) {
  const options = JSON.parse(Deno.args[0] ?? "") as AbortOptions;
  const report = JSON.stringify(await abortAll(options));
  await Deno.stdout.write(new TextEncoder().encode(`${report}\n`));
}

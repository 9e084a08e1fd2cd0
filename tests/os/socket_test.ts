/**
 * TCP listeners against the real kernel: exclusive first, joined groups,
 * balance, steering, and errors in nginx's form.
 */

import { assert, assertEquals, assertGreater } from "@std/assert";
import type { Fd } from "../../src/base/id.ts";
import { toFd } from "../../src/base/id.ts";
import { formatSystemError, type Result } from "../../src/base/system_error.ts";
import { ABI } from "../../src/os/abi.ts";
import { closeFd } from "../../src/os/fd.ts";
import {
  acceptQueueLength,
  boundPort,
  checkListening,
  isBoundTo,
  LISTENER_FD_MIN,
  openSocket,
  openTcp,
  openToJoiners,
  shownAddress,
  type TcpSpec,
  unsteer,
} from "../../src/os/socket.ts";
import { steerTo } from "../../src/os/steer.ts";
import { runFixture } from "./support.ts";

const SPEC: TcpSpec = {
  family: 4,
  host: "127.0.0.1",
  port: 0,
  ipv6Only: true,
  backlog: 511,
  reuseport: "off",
};

function open(changes: Partial<TcpSpec>): Fd {
  const opened = openTcp({ ...SPEC, ...changes });
  assert(opened.ok, opened.ok ? "" : formatSystemError(opened.error));
  return opened.value;
}

function failureOf(result: Result<Fd>): string {
  assert(!result.ok);
  return formatSystemError(result.error);
}

/** Three sockets of one address, as for three workers. */
function openGroup(): { readonly port: number; readonly fds: readonly Fd[] } {
  const first = open({ reuseport: "first" });
  const port = boundPort(first);
  const joined = [1, 2].map(() => open({ port, reuseport: "join" }));
  return { port, fds: [first, ...joined] };
}

async function connectMany(
  port: number,
  count: number,
): Promise<readonly Deno.Conn[]> {
  const connections: Deno.Conn[] = [];
  for (let index = 0; index < count; index++) {
    connections.push(await Deno.connect({ hostname: "127.0.0.1", port }));
  }
  return connections;
}

Deno.test("openTcp() listens where boundPort() says", async () => {
  const fd = open({});
  assert(fd >= LISTENER_FD_MIN);
  const [connection] = await connectMany(boundPort(fd), 1);
  assertEquals(acceptQueueLength(fd), 1);
  connection?.close();
  closeFd(fd);
});

Deno.test("openTcp() makes sockets non-blocking and close-on-exec", () => {
  const fd = open({});
  const info = Deno.readTextFileSync(`/proc/self/fdinfo/${fd}`);
  const flags = parseInt(/^flags:\s*(\d+)$/m.exec(info)?.[1] ?? "", 8);
  assertEquals(flags & ABI.O_NONBLOCK, ABI.O_NONBLOCK);
  assertEquals(flags & ABI.O_CLOEXEC, ABI.O_CLOEXEC);
  closeFd(fd);
});

Deno.test("openTcp() listens on IPv6, and on IPv4 with it when asked to", async () => {
  const fd = open({ family: 6, host: "::", ipv6Only: false });
  const port = boundPort(fd);
  assertGreater(port, 0);
  (await Deno.connect({ hostname: "::1", port })).close();
  (await Deno.connect({ hostname: "127.0.0.1", port })).close();
  const alone = open({ family: 6, host: "::", ipv6Only: true });
  const refused = await Deno.connect({
    hostname: "127.0.0.1",
    port: boundPort(alone),
  }).then(() => false, () => true);
  assert(refused);
  closeFd(fd);
  closeFd(alone);
});

Deno.test("openTcp() names a failed call and its address as nginx does", () => {
  const fd = open({});
  const port = boundPort(fd);
  assertEquals(
    failureOf(openTcp({ ...SPEC, port })),
    `bind() to 127.0.0.1:${port} failed (98: Address already in use)`,
  );
  assertEquals(
    failureOf(openTcp({ ...SPEC, host: "192.0.2.1", port: 18317 })),
    "bind() to 192.0.2.1:18317 failed (99: Cannot assign requested address)",
  );
  const on6 = open({ family: 6, host: "::1" });
  const port6 = boundPort(on6);
  assertEquals(
    failureOf(openTcp({ ...SPEC, family: 6, host: "::1", port: port6 })),
    `bind() to [::1]:${port6} failed (98: Address already in use)`,
  );
  assertEquals(
    failureOf(openTcp({ ...SPEC, host: "localhost" })),
    'inet_pton("localhost") failed (22: Invalid argument)',
  );
  closeFd(fd);
  closeFd(on6);
});

Deno.test("openTcp() leaves no fd behind when it fails", () => {
  const fd = open({});
  const before = [...Deno.readDirSync("/proc/self/fd")].length;
  openTcp({ ...SPEC, port: boundPort(fd) });
  assertEquals([...Deno.readDirSync("/proc/self/fd")].length, before);
  closeFd(fd);
});

Deno.test("openTcp() first is refused while others hold the address", () => {
  const { port, fds } = openGroup();
  for (const reuseport of ["first", "off"] as const) {
    const refused = openTcp({ ...SPEC, port, reuseport });
    assertEquals(refused.ok ? "" : refused.error.code, "EADDRINUSE");
  }
  fds.forEach(closeFd);
  // Free again, whatever was queued on it.
  closeFd(open({ port, reuseport: "first" }));
});

Deno.test("openTcp() first is refused to another process of the same user", async () => {
  const { port, fds } = openGroup();
  const other = await runFixture("os_bind", String(port), "first");
  assertEquals(other["code"], "EADDRINUSE");
  fds.forEach(closeFd);
  const free = await runFixture("os_bind", String(port), "first");
  assertEquals(free["code"], "");
});

Deno.test("openTcp() join shares the connections among all sockets", async () => {
  const { port, fds } = openGroup();
  const connections = await connectMany(port, 150);
  const queues = fds.map(acceptQueueLength);
  assertEquals(queues.reduce((sum, queue) => sum + queue), 150);
  // 50 each on average; 15 is six standard deviations off.
  for (const queue of queues) assertGreater(queue, 15, String(queues));
  connections.forEach((connection) => connection.close());
  fds.forEach(closeFd);
});

Deno.test("steerTo() sends connections to the first sockets alone", async () => {
  const { port, fds } = openGroup();
  const [first] = fds;
  assert(first !== undefined);
  assert(steerTo(first, [0, 1]).ok);
  const steered = await connectMany(port, 100);
  const [a = 0, b = 0, c = 0] = fds.map(acceptQueueLength);
  assertEquals(a + b, 100);
  assertEquals(c, 0);
  for (const queue of [a, b]) assertGreater(queue, 15);
  assert(unsteer(first).ok);
  assert(unsteer(first).ok, "a second time is fine");
  const free = await connectMany(port, 100);
  assertGreater(acceptQueueLength(fds[2] ?? first), 10);
  for (const connection of [...steered, ...free]) connection.close();
  fds.forEach(closeFd);
});

Deno.test("steerTo() sends connections to sockets that are not the first", async () => {
  const { port, fds } = openGroup();
  const [first] = fds;
  assert(first !== undefined);
  assert(steerTo(first, [0, 2]).ok);
  const connections = await connectMany(port, 100);
  const [a = 0, b = 0, c = 0] = fds.map(acceptQueueLength);
  assertEquals([a + c, b], [100, 0]);
  for (const queue of [a, c]) assertGreater(queue, 15);
  connections.forEach((connection) => connection.close());
  fds.forEach(closeFd);
});

Deno.test("steerTo() of a socket nobody joined is EINVAL", () => {
  const fd = open({ reuseport: "first" });
  const steered = steerTo(fd, [0]);
  assertEquals(steered.ok ? "" : steered.error.code, "EINVAL");
  closeFd(fd);
});

Deno.test("checkListening() tells listening sockets from everything else", () => {
  const opened = openTcp(SPEC);
  assert(opened.ok);
  assertEquals(checkListening(opened.value).ok, true);
  closeFd(opened.value);
  const codes = [opened.value, toFd(0)].map((fd) => {
    const checked = checkListening(fd);
    return checked.ok ? "ok" : checked.error.code;
  });
  assertEquals(codes, ["EBADF", "ENOTSOCK"]);
  // A socket, and not listening.
  const socket = openSocket(ABI.AF_UNIX, "unix:");
  assert(socket.ok);
  const idle = checkListening(socket.value);
  assert(!idle.ok && idle.error.code === "EINVAL");
  closeFd(socket.value);
});

Deno.test("isBoundTo() and shownAddress() know an address in both families", () => {
  const v4 = open({ host: "127.0.0.1" });
  const port = boundPort(v4);
  assertEquals(shownAddress(v4), `127.0.0.1:${port}`);
  const spec = { family: 4, host: "127.0.0.1", port } as const;
  assertEquals(isBoundTo(v4, spec), true);
  assertEquals(isBoundTo(v4, { ...spec, host: "127.0.0.2" }), false);
  assertEquals(isBoundTo(v4, { ...spec, port: port ^ 1 }), false);
  assertEquals(isBoundTo(v4, { family: 6, host: "::1", port }), false);
  closeFd(v4);
});

Deno.test("openToJoiners() lets others join a socket that was alone", () => {
  const first = open({ reuseport: "off" });
  const spec = { ...SPEC, port: boundPort(first) };
  assertEquals(openTcp({ ...spec, reuseport: "join" }).ok, false);
  assertEquals(openToJoiners(first, { ...spec, reuseport: "join" }).ok, true);
  const second = open({ port: spec.port, reuseport: "join" });
  closeFd(second);
  closeFd(first);
});

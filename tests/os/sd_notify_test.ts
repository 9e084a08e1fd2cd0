/** Datagrams to a notify socket, wherever it is, and the clock they name. */

import { assert, assertEquals } from "@std/assert";
import { listOpenFds } from "../../src/os/fd.ts";
import { monotonicUsec, sendNotify } from "../../src/os/sd_notify.ts";
import { NotifySocket } from "../support/notify_socket.ts";
import { withFolder } from "./support.ts";

function failureOf(address: string): string {
  const sent = sendNotify(address, "READY=1");
  return sent.ok ? "" : sent.error.code;
}

Deno.test("sendNotify() reaches a path, a long path and an abstract name", () =>
  withFolder((folder) => {
    const deep = `${folder}/${"d".repeat(120)}`;
    Deno.mkdirSync(deep);
    const name = `@procmgr/test/${crypto.randomUUID()}`;
    for (const address of [`${folder}/notify`, `${deep}/notify`, name]) {
      using socket = new NotifySocket(address);
      const open = listOpenFds().length;
      assertEquals(sendNotify(address, "READY=1\nSTATUS=é").ok, true);
      assertEquals(sendNotify(address, "STOPPING=1").ok, true);
      assertEquals(socket.messages, ["READY=1\nSTATUS=é", "STOPPING=1"]);
      assertEquals(listOpenFds().length, open);
    }
  }));

Deno.test("sendNotify() says why a message does not arrive", () =>
  withFolder((folder) => {
    assertEquals(failureOf(`${folder}/nobody`), "ENOENT");
    assertEquals(failureOf("@procmgr/nobody"), "ECONNREFUSED");
    assertEquals(failureOf("relative"), "EAFNOSUPPORT");
    assertEquals(failureOf("@"), "EAFNOSUPPORT");
    assertEquals(failureOf(`@${"x".repeat(108)}`), "EAFNOSUPPORT");
  }));

Deno.test("sendNotify() gives up on a manager that does not read", () =>
  withFolder((folder) => {
    using socket = new NotifySocket(`${folder}/notify`);
    let sent = sendNotify(socket.address, "x");
    // net.unix.max_dgram_qlen is 10, or 512 where systemd has raised it.
    for (let times = 0; sent.ok && times < 2000; times++) {
      sent = sendNotify(socket.address, "x");
    }
    assertEquals(sent.ok ? "" : sent.error.code, "EAGAIN");
  }));

Deno.test("monotonicUsec() is the clock of /proc/uptime, in microseconds", () => {
  const before = monotonicUsec();
  const after = monotonicUsec();
  assert(Number.isSafeInteger(before) && after >= before);
  // A suspended machine makes them differ: uptime counts that, too.
  const [uptime] = Deno.readTextFileSync("/proc/uptime").split(" ");
  assert(before <= Number(uptime) * 1e6 + 1e6);
});

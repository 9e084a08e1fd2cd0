/**
 * A service manager's notify socket, as systemd has it: a Unix datagram socket
 * at a path or, with "@", in the abstract namespace. Of libc, because the
 * runtime has no abstract ones. man 3 sd_notify
 */

import { type Fd, toFd } from "../../src/base/id.ts";
import type { Result } from "../../src/base/system_error.ts";
import { ABI, LAYOUT } from "../../src/os/abi.ts";
import { check } from "../../src/os/errno.ts";
import { closeFd } from "../../src/os/fd.ts";
import { libc } from "../../src/os/libc.ts";
import { withAddress } from "../../src/os/unix_socket.ts";
import { until } from "./until.ts";

/** As systemd's NOTIFY_BUFFER_MAX: what does not fit is cut. */
const MESSAGE_BYTES_MAX = 4096;

/** What a service says of itself. */
export class NotifySocket implements Disposable {
  readonly address: string;
  readonly #fd: Fd;
  readonly #messages: string[] = [];

  /** `address` as in NOTIFY_SOCKET. */
  constructor(address: string) {
    this.address = address;
    const type = ABI.SOCK_DGRAM | ABI.SOCK_CLOEXEC;
    this.#fd = toFd(must(check(libc.socket(ABI.AF_UNIX, type, 0), "socket()")));
    must(bind(this.#fd, address));
  }

  /** Everything so far, in order. */
  get messages(): readonly string[] {
    const bytes = new Uint8Array(MESSAGE_BYTES_MAX);
    const size = BigInt(bytes.byteLength);
    for (;;) {
      const read = libc.recv(this.#fd, bytes, size, ABI.MSG_DONTWAIT);
      if (read <= 0n) return this.#messages;
      const text = bytes.subarray(0, Number(read));
      this.#messages.push(new TextDecoder().decode(text));
    }
  }

  /** Where among the messages the next one will be. */
  get end(): number {
    return this.messages.length;
  }

  /** Wait for a message from number `from` on that matches; its number. */
  async expect(pattern: RegExp, from = 0): Promise<number> {
    return await until(() => {
      const at = this.messages.findIndex((text, index) =>
        index >= from && pattern.test(text)
      );
      return at !== -1 && at;
    }, {
      what: () =>
        `a message with ${pattern}, there are:\n${this.messages.join("\n\n")}`,
    });
  }

  [Symbol.dispose](): void {
    closeFd(this.#fd);
  }
}

function bind(fd: Fd, address: string): Result<number> {
  const call = `bind() to ${address}`;
  const use = (bytes: Uint8Array<ArrayBuffer>): Result<number> =>
    check(libc.bind(fd, bytes, bytes.byteLength), call);
  if (!address.startsWith("@")) return withAddress(address, call, use);
  const { family, path } = LAYOUT.sockaddr_un;
  const name = new TextEncoder().encode(address.slice(1));
  const bytes = new Uint8Array(path + 1 + name.byteLength);
  new DataView(bytes.buffer).setUint16(family, ABI.AF_UNIX, true);
  bytes.set(name, path + 1);
  return use(bytes);
}

function must<Value>(result: Result<Value>): Value {
  if (!result.ok) throw new Error(`${result.error.call}: ${result.error.text}`);
  return result.value;
}

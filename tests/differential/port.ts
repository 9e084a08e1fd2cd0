/**
 * Ports of the kernel's choice that stay ours: a socket that is bound and does
 * not listen keeps everybody else's connections and port-0 binds away, while a
 * program with SO_REUSEADDR may still listen there. man 7 socket
 */

import { ABI, LAYOUT } from "../../src/os/abi.ts";
import { toFd } from "../../src/base/id.ts";
import { closeFd } from "../../src/os/fd.ts";
import { libc } from "../../src/os/libc.ts";
import { boundPort, openSocket } from "../../src/os/socket.ts";

/** A port that nobody else gets until it is given back. */
export class ReservedPort implements Disposable {
  readonly port: number;
  readonly #fd: number;

  constructor() {
    const opened = openSocket(ABI.AF_INET, "a reserved port");
    if (!opened.ok) throw new Error(`no socket: ${opened.error.code}`);
    this.#fd = opened.value;
    const one = new Int32Array([1]);
    const address = new Uint8Array(LAYOUT.sockaddr_in.size);
    const view = new DataView(address.buffer);
    view.setUint16(LAYOUT.sockaddr_in.family, ABI.AF_INET, true);
    address.set([127, 0, 0, 1], LAYOUT.sockaddr_in.address);
    const { SOL_SOCKET, SO_REUSEADDR } = ABI;
    const set = libc.setsockopt(opened.value, SOL_SOCKET, SO_REUSEADDR, one, 4);
    const bound = libc.bind(opened.value, address, address.byteLength);
    this.port = boundPort(opened.value);
    if (set !== 0 || bound !== 0 || this.port === 0) {
      throw new Error("no port could be reserved");
    }
  }

  [Symbol.dispose](): void {
    closeFd(toFd(this.#fd));
  }
}

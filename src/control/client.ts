/**
 * The other end of the control socket: connect, ask, wait for the outcome.
 * Prints nothing. The protocol is in request.ts.
 */

import { connect } from "node:net";
import type { Result } from "../base/system_error.ts";
import { failure, success } from "../base/system_error.ts";
import { fromDenoError } from "../os/errno.ts";
import type { ControlRequest } from "../core/master/event.ts";
import {
  CONTROL_LINE_BYTES_MAX,
  createLineReader,
  encodeRequest,
  parseAnswer,
} from "./request.ts";

/** How what was asked for ended. */
export interface ControlOutcome {
  readonly ok: boolean;
  readonly text: string;
}

/**
 * Ask the master at `path` and wait, however long it takes. An error means
 * that it could not be asked; a master that goes away without an answer is an
 * outcome that is not ok, unless its end was what was asked for.
 */
export function ask(
  path: string,
  request: ControlRequest,
): Promise<Result<ControlOutcome>> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const reader = createLineReader(CONTROL_LINE_BYTES_MAX);
    let accepted = false;
    socket.on("connect", () => socket.write(encodeRequest(request)));
    socket.on("error", (error) => {
      socket.destroy();
      resolve(failure(fromDenoError(error, `connect() to unix:${path}`)));
    });
    socket.on("data", (chunk: Uint8Array) => {
      const read = reader.push(chunk);
      for (const line of read.lines) {
        const answer = parseAnswer(line);
        if (!answer.ok) continue;
        if (answer.value.kind === "accepted") accepted = true;
        else {
          const { ok, text } = answer.value;
          resolve(success({ ok, text }));
        }
      }
      if (read.isBroken) socket.destroy();
    });
    socket.on("close", () => {
      const isEnd = request === "quit" || request === "terminate";
      const text = "the master went away without an answer";
      resolve(success({ ok: accepted && isEnd, text }));
    });
  });
}

/**
 * The operators at the control socket of the simulated machine: who asked for
 * what, who went away, who was answered how often.
 */

import type {
  ControlRequest,
  MasterEvent,
} from "../../src/core/master/event.ts";

/** An operator at the control socket. */
export interface Client {
  readonly request: ControlRequest;
  /** The newest generation begun when the master took it; or NOT_HEARD. */
  generation: number;
  replies: number;
  /** The master knows that nobody waits any more. */
  isGone: boolean;
  /** What the reply said. */
  ok: boolean | undefined;
}

/** The generation of a client whose request was not taken. */
export const NOT_HEARD = -1;

/** All operators, by token. */
export class SimClients {
  readonly #clients = new Map<number, Client>();

  /** How many ever asked; their tokens are 1 to that. */
  get size(): number {
    return this.#clients.size;
  }

  /** All of them, with their tokens. */
  all(): Iterable<readonly [number, Client]> {
    return this.#clients;
  }

  find(token: number): Client | undefined {
    return this.#clients.get(token);
  }

  /** One more asks; the token. */
  add(request: ControlRequest): number {
    const token = this.#clients.size + 1;
    this.#clients.set(token, {
      request,
      generation: NOT_HEARD,
      replies: 0,
      isGone: false,
      ok: undefined,
    });
    return token;
  }

  /** The master takes an event: it knows of a request, or of a client gone. */
  note(event: MasterEvent, generation: number): void {
    if (!("token" in event)) return;
    const client = this.#clients.get(event.token);
    if (client === undefined) return;
    if (event.kind === "controlClosed") client.isGone = true;
    else client.generation = generation;
  }

  /** The master answers. */
  reply(token: number, ok: boolean): void {
    const client = this.#clients.get(token);
    if (client === undefined) return;
    client.replies += 1;
    client.ok = ok;
  }
}

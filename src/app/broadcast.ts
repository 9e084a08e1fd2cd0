/**
 * `info.worker.broadcast(name)`: channels with the BroadcastChannel interface
 * that reach every worker of the pool. What carries the messages is handed in;
 * where there is nobody else, they reach the channels of this process alone.
 *
 * Source: the BroadcastChannel of the HTML standard, but for what may be sent:
 * values that JSON has, since that is what goes over the mailboxes.
 */

import type { PoolChannel } from "./app.ts";

/** One message on its way. */
export interface Broadcast {
  readonly kind: "broadcast";
  readonly name: string;
  readonly data: unknown;
}

/** What carries messages to the siblings. */
export interface Carrier {
  /** Send; false: it is too long to be sent. */
  send(message: Broadcast): boolean;
  /** Settles when all that was sent is on its way. */
  drained(): Promise<void>;
  /** Messages that a sibling will never get. */
  readonly dropped: number;
}

/** For a process without siblings. */
export const NOBODY: Carrier = {
  send: () => true,
  drained: () => Promise.resolve(),
  dropped: 0,
};

/** Every channel of this worker. */
export class Broadcasts {
  readonly #carrier: Carrier;
  readonly #channels = new Set<OpenChannel>();

  constructor(carrier: Carrier) {
    this.#carrier = carrier;
  }

  /** A channel of that name. */
  open(name: string): PoolChannel {
    const channel = new OpenChannel(String(name), {
      carrier: this.#carrier,
      deliver: (message, sender) => this.#deliver(message, sender),
      onClosed: (one) => this.#channels.delete(one),
    });
    this.#channels.add(channel);
    return channel;
  }

  /** A sibling's message came; anything else is false. */
  receive(value: unknown): boolean {
    if (!isBroadcast(value)) return false;
    this.#deliver(value, undefined);
    return true;
  }

  #deliver({ name, data }: Broadcast, sender: OpenChannel | undefined): void {
    for (const channel of [...this.#channels]) {
      if (channel !== sender && channel.name === name) channel.hear(data);
    }
  }
}

function isBroadcast(value: unknown): value is Broadcast {
  if (typeof value !== "object" || value === null) return false;
  const { kind, name } = value as Partial<Broadcast>;
  return kind === "broadcast" && typeof name === "string";
}

interface Parts {
  readonly carrier: Carrier;
  readonly deliver: (message: Broadcast, sender: OpenChannel) => void;
  readonly onClosed: (channel: OpenChannel) => void;
}

class OpenChannel extends EventTarget implements PoolChannel {
  readonly name: string;
  readonly #parts: Parts;
  #isClosed = false;
  #onmessage: PoolChannel["onmessage"] = null;
  #onmessageerror: PoolChannel["onmessageerror"] = null;

  constructor(name: string, parts: Parts) {
    super();
    this.name = name;
    this.#parts = parts;
    // As attributes of the standard: handlers among the other listeners.
    this.addEventListener("message", (event) => {
      this.#onmessage?.call(this, event as MessageEvent);
    });
    this.addEventListener("messageerror", (event) => {
      this.#onmessageerror?.call(this, event as MessageEvent);
    });
  }

  get onmessage(): PoolChannel["onmessage"] {
    return this.#onmessage;
  }

  set onmessage(handler: PoolChannel["onmessage"]) {
    this.#onmessage = typeof handler === "function" ? handler : null;
  }

  get onmessageerror(): PoolChannel["onmessageerror"] {
    return this.#onmessageerror;
  }

  set onmessageerror(handler: PoolChannel["onmessageerror"]) {
    this.#onmessageerror = typeof handler === "function" ? handler : null;
  }

  get dropped(): number {
    return this.#parts.carrier.dropped;
  }

  postMessage(data: unknown): void {
    if (this.#isClosed) throw new DOMException(CLOSED, "InvalidStateError");
    refuseOther(data, []);
    const message: Broadcast = { kind: "broadcast", name: this.name, data };
    if (!this.#parts.carrier.send(message)) {
      throw new DOMException(TOO_LONG, "DataCloneError");
    }
    // Others of this process get a copy, as those elsewhere do.
    const copy = JSON.parse(JSON.stringify(message));
    queueMicrotask(() => this.#parts.deliver(copy, this));
  }

  flush(): Promise<void> {
    return this.#parts.carrier.drained();
  }

  close(): void {
    this.#isClosed = true;
    this.#parts.onClosed(this);
  }

  /** A message for this channel. */
  hear(data: unknown): void {
    if (this.#isClosed) return;
    this.dispatchEvent(new MessageEvent("message", { data }));
  }
}

const CLOSED = "Cannot post a message: the channel is closed";
const TOO_LONG = "Cannot post a message: it is longer than 32 KiB as JSON";

/** What JSON would lose or change without a word is refused. */
function refuseOther(value: unknown, above: readonly unknown[]): void {
  if (isPlain(value)) return;
  if (typeof value !== "object" || value === null || above.includes(value)) {
    throw notJson(value);
  }
  const inner = [...above, value];
  if (Array.isArray(value)) {
    for (const item of value) refuseOther(item, inner);
    return;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw notJson(value);
  }
  for (const item of Object.values(value)) {
    // As in JSON: a property that is undefined is not there.
    if (item !== undefined) refuseOther(item, inner);
  }
}

function isPlain(value: unknown): boolean {
  return value === null || typeof value === "string" ||
    typeof value === "boolean" ||
    (typeof value === "number" && Number.isFinite(value));
}

function notJson(value: unknown): DOMException {
  const what = typeof value === "object" && value !== null
    ? value.constructor?.name ?? "an object"
    : String(value);
  return new DOMException(
    `Cannot post a message: ${what} is no JSON value`,
    "DataCloneError",
  );
}

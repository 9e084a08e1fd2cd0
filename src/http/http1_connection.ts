/**
 * One HTTP/1 connection: bytes to requests, one at a time to the app, in their
 * order, responses back, and what happens between them.
 *
 *     fresh ─▶ head ─▶ body, working, sending ─▶ idle ─▶ head …
 *                                      └─▶ lingering ─▶ closed
 *
 * A client may send its next requests before the first is answered: they are
 * parsed as they come, and reading stops while one waits. The last response
 * is followed by our FIN; the client's is awaited for a moment, because
 * closing at once would reset the connection under a response that it has not
 * read yet (RFC 9112 section 9.6; nginx's lingering_close).
 *
 * How long each of this may take is decided in core/connection.ts. The parser
 * never calls the app: requests are handed up when a chunk is parsed.
 */

import type { Socket } from "node:net";
import type { Instant } from "../base/unit.ts";
import { type Activity, mayLingerOn } from "../core/connection.ts";
import { monotonicNow } from "../os/clock.ts";
import { clientGone } from "./body.ts";
import { type Connection, nextConnectionNumber } from "./connection.ts";
import { keepaliveLines } from "./keepalive_lines.ts";
import {
  type ConnectionOwner,
  describeConnection,
} from "./connection_owner.ts";
import type { Adopt, Peer } from "./exchange.ts";
import { checkHead } from "./head.ts";
import { Http1Exchange, type Http1Host } from "./http1_exchange.ts";
import { type ParsedHead, type ParseFailure, RequestParser } from "./parser.ts";

const NOTHING: Uint8Array = new Uint8Array(0);

/** An HTTP/1 connection that was accepted. */
export class Http1Connection implements Connection, Http1Host {
  readonly socket: Socket;
  readonly peer: Peer;
  readonly keepaliveLines: string;
  readonly #owner: ConnectionOwner;
  readonly #parser: RequestParser;
  readonly #isSecure: boolean;
  /** Parsed, and not yet the app's. */
  readonly #waiting: Http1Exchange[] = [];
  /** The app's. */
  #current: Http1Exchange | undefined;
  /** The one whose body is still coming in. */
  #receiving: Http1Exchange | undefined;
  #isHeadOpen = false;
  #isAdvancing = false;
  /** Nothing that comes is read as a request any more. */
  #isDeaf = false;
  #isLingering = false;
  #isPaused = false;
  #requests = 0;
  readonly #number = nextConnectionNumber();
  #headBegunAt = monotonicNow();
  /** When bytes last came. */
  #heardAt = monotonicNow();
  /** Bytes that the kernel has taken. */
  #takenSeen = 0;
  /** Since when what comes is thrown away. */
  #lingeringFrom: Instant | undefined;
  readonly #openedAt = monotonicNow();
  /** The last that was handed up. */
  #last: Http1Exchange | undefined;
  /** The last step forward of what goes on. */
  #since = monotonicNow();
  /** What an upgrade found behind the head. */
  #rest = NOTHING;
  /** The chunk that a head began in, for the size of its first line. */
  #headChunk = NOTHING;

  constructor(socket: Socket, peer: Peer, owner: ConnectionOwner) {
    this.socket = socket;
    this.peer = peer;
    this.#owner = owner;
    const { headerBufferBytes, headerBuffersMax, keepaliveTimeoutMs } =
      owner.limits;
    this.keepaliveLines = keepaliveLines(keepaliveTimeoutMs);
    this.#isSecure = "encrypted" in socket && socket.encrypted === true;
    this.#parser = new RequestParser({
      onBegin: () => this.#beginHead(),
      onHead: (head) => this.#takeHead(head),
      onBody: (chunk) => this.#takeBody(chunk),
      onEnd: () => this.#endMessage(),
    }, headerBufferBytes * headerBuffersMax);
    socket.on("data", this.#onData);
    socket.on("end", this.#onEof);
    socket.on("close", this.#onClose);
    socket.on("error", ignore);
  }

  get isBusy(): boolean {
    return this.#current !== undefined || this.#waiting.length > 0 ||
      this.socket.writableLength > 0;
  }

  get idleSince(): Instant {
    return this.#since > this.#heardAt ? this.#since : this.#heardAt;
  }

  get activity(): Activity {
    if (this.#isLingering) return "lingering";
    const current = this.#current;
    if (this.socket.writableLength > 0) return "sending";
    if (current !== undefined) {
      if (current.isAnswered) return "lingering";
      return current.body.isAwaited ? "receivingBody" : "working";
    }
    if (this.#isHeadOpen) return "receivingHead";
    return this.#requests === 0 ? "fresh" : "idle";
  }

  /** The last step forward; what the client took counts as one. */
  sinceAt(now: Instant): Instant {
    const { socket } = this;
    if (socket.writableLength > 0) {
      const taken = socket.bytesWritten - socket.writableLength;
      if (taken !== this.#takenSeen) {
        this.#takenSeen = taken;
        this.#since = now;
      }
    }
    return this.#since;
  }

  refuseKeepalive(): void {
    this.#current?.refuseKeepalive();
  }

  /** A request of which a part has come is answered, and no other. */
  answerTimeout(): void {
    this.#refuse(408);
  }

  /** Over TLS the end is announced, or it would look like an attack. */
  close(): void {
    if (this.#isSecure && !this.#isLingering) this.#linger();
    else this.socket.destroy();
  }

  describe(): string {
    const { peer } = this;
    const last = this.#last;
    const openedAt = this.#openedAt;
    return describeConnection({ peer, openedAt, last }, monotonicNow());
  }

  onAnswered(exchange: Http1Exchange): void {
    exchange.body.discard();
    if (!exchange.keepsAlive) return this.#linger();
    this.#lingeringFrom = undefined;
    // The rest of its body is thrown away before the next head is read.
    if (exchange.body.isOver) this.#finish();
  }

  onTakenOver(adopt: Adopt): void {
    const { socket } = this;
    socket.off("data", this.#onData);
    socket.off("end", this.#onEof);
    socket.off("close", this.#onClose);
    socket.off("error", ignore);
    this.#isDeaf = true;
    queueMicrotask(() => this.#parser.close());
    this.#owner.onReplaced(
      this,
      adopt({ socket, head: this.#rest, owner: this.#owner }),
    );
  }

  /**
   * A head has its time from its first byte, and an idle connection from its
   * last response: bytes that trickle in gain neither any.
   */
  readonly #onData = (chunk: Uint8Array): void => {
    this.#heardAt = monotonicNow();
    if (this.#isDeaf) return this.#lingerOn();
    if (!this.#isHeadOpen) this.#headChunk = chunk;
    const parsed = this.#parser.execute(chunk);
    if (!parsed.ok) this.#refuseBytes(parsed.failure);
    else if (parsed.bytes < chunk.length) {
      this.#rest = chunk.subarray(parsed.bytes);
    }
    if (!this.#isHeadOpen) this.#headChunk = NOTHING;
    this.#advance();
  };

  #beginHead(): void {
    this.#isHeadOpen = true;
    this.#since = monotonicNow();
    this.#headBegunAt = this.#since;
  }

  #takeHead(head: ParsedHead): void {
    this.#isHeadOpen = false;
    if (this.#isDeaf) return;
    const check = checkHead(head, this.#owner.limits);
    const facts = check.ok ? check.facts : { refusal: check.status };
    const exchange = new Http1Exchange(this, head, facts, {
      onWanted: () => {},
      pause: () => this.#pause(),
      resume: () => this.#resume(),
    });
    const { keepaliveRequestsMax, keepaliveTimeoutMs } = this.#owner.limits;
    this.#enumerate(exchange);
    if (
      this.#requests >= keepaliveRequestsMax || keepaliveTimeoutMs === 0 ||
      !this.#owner.mayKeepAlive
    ) {
      exchange.refuseKeepalive();
    }
    this.#receiving = exchange;
    this.#waiting.push(exchange);
    // What follows a request that is refused cannot be told from its body.
    if (!check.ok) this.#isDeaf = true;
    if (head.upgrades) this.#isDeaf = true;
  }

  /** A body that names its length was measured by its head. */
  #takeBody(chunk: Uint8Array): void {
    const exchange = this.#receiving;
    if (exchange === undefined) return;
    exchange.onBodyBegun();
    if (exchange.isAnswered) this.#lingerOn();
    else this.#since = monotonicNow();
    const { bodyBytesMax } = this.#owner.limits;
    exchange.bodyBytesReceived += chunk.length;
    if (bodyBytesMax > 0 && exchange.bodyBytesReceived > bodyBytesMax) {
      this.#refuse(413);
    } else {
      exchange.body.push(chunk);
    }
  }

  #endMessage(): void {
    const exchange = this.#receiving;
    this.#receiving = undefined;
    if (exchange === undefined) return;
    exchange.body.end();
    if (exchange === this.#current && exchange.isAnswered) this.#finish();
  }

  /** Hand the next request up, as long as there is one whose turn it is. */
  #advance(): void {
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    while (this.#current === undefined && !this.socket.destroyed) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      this.#current = next;
      this.#last = next;
      // A drain may have begun since it was parsed.
      if (!this.#owner.mayKeepAlive) next.refuseKeepalive();
      this.#owner.onExchange(next);
    }
    this.#isAdvancing = false;
    if (this.#waiting.length > 0) this.#pause();
  }

  #pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.socket.pause();
  }

  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.socket.resume();
  }

  #finish(): void {
    this.#current = undefined;
    this.#since = monotonicNow();
    if (this.#isAdvancing) return;
    if (this.#waiting.length > 0) this.#advance();
    if (this.#waiting.length === 0) this.#resume();
  }

  /** More has come of what is thrown away. */
  #lingerOn(): void {
    const now = monotonicNow();
    this.#lingeringFrom ??= now;
    if (mayLingerOn(this.#lingeringFrom, now)) this.#since = now;
  }

  /** Our side is over; what still comes is read and thrown away. */
  #linger(): void {
    if (this.#isLingering) return;
    this.#isDeaf = true;
    this.#isLingering = true;
    this.#since = monotonicNow();
    this.#lingeringFrom = this.#since;
    this.#current = undefined;
    this.#waiting.length = 0;
    this.socket.end();
    this.#resume();
  }

  /** nginx's 414 is a first line that fits no buffer; else 400. */
  #refuseBytes({ code, reason }: ParseFailure): void {
    if (this.#isDeaf) return;
    if (reason === "Invalid HTTP version") return this.#refuse(505);
    const tooLong = code === "HPE_HEADER_OVERFLOW" &&
      !this.#headChunk.subarray(0, this.#owner.limits.headerBufferBytes)
        .includes(10);
    this.#refuse(tooLong ? 414 : 400);
  }

  /** Refuse what is being received, after what was received before it. */
  #refuse(status: number): void {
    this.#isDeaf = true;
    const broken = this.#receiving;
    this.#receiving = undefined;
    if (broken === undefined) {
      this.#waiting.push(this.#refusedExchange(status));
      this.#advance();
      return;
    }
    if (broken === this.#current) {
      if (broken.isHeadSent) this.socket.destroy();
      else this.#owner.onBroken(broken, status);
    } else {
      const at = this.#waiting.indexOf(broken);
      this.#waiting.splice(at, 1, this.#refusedExchange(status));
    }
    broken.body.fail(clientGone());
  }

  #refusedExchange(refusal: number): Http1Exchange {
    const exchange = new Http1Exchange(this, NO_HEAD, { refusal }, NO_FLOW);
    this.#enumerate(exchange);
    this.#isHeadOpen = false;
    return exchange;
  }

  /** For the access log. */
  #enumerate(exchange: Http1Exchange): void {
    this.#requests++;
    exchange.connectionNumber = this.#number;
    exchange.requestNumber = this.#requests;
    exchange.startedAt = this.#headBegunAt;
  }

  /** The client will send no more: who waits for more is given up. */
  readonly #onEof = (): void => {
    if (this.#isLingering) return;
    const isAwaited = this.#current !== undefined && !this.#current.isAnswered;
    if (isAwaited) this.socket.destroy();
    // What was answered may still be on its way.
    else this.#linger();
  };

  readonly #onClose = (): void => {
    this.#isDeaf = true;
    this.#parser.close();
    const lost = [this.#current, ...this.#waiting];
    this.#current = undefined;
    this.#waiting.length = 0;
    this.#receiving = undefined;
    for (const exchange of lost) {
      exchange?.body.fail(clientGone());
      exchange?.settle("gone");
    }
    this.#owner.onClosed(this);
  };
}

function ignore(): void {
  // What an error means is told by `close`, which follows.
}

const NO_FLOW = { onWanted: ignore, pause: ignore, resume: ignore };

/** Of a request that could not be parsed. */
const NO_HEAD: ParsedHead = {
  method: "",
  target: "",
  versionMajor: 1,
  versionMinor: 1,
  rawHeaders: [],
  keepsAlive: false,
  upgrades: false,
};

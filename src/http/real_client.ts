/**
 * The client of each exchange where `set_real_ip_from` is configured: what
 * real_ip.ts makes of a trusted peer's headers, as the rest of the server
 * wants it.
 */

import type { Exchange, Peer } from "./exchange.ts";
import {
  type Address,
  compileRealIp,
  isTrusted,
  realClientOf,
  type RealIpRules,
  type RealIpSettings,
} from "./real_ip.ts";

/** Knows whom to believe. */
export class RealClients {
  readonly #rules: RealIpRules;
  /** A peer is the same object for all requests of its connection. */
  readonly #trusted = new WeakMap<Peer, boolean>();

  constructor(settings: RealIpSettings) {
    this.#rules = compileRealIp(settings);
  }

  /** Whether whom a peer names in its PROXY header is its client. */
  believesProxy({ address }: Peer): boolean {
    return this.#rules.header !== "proxy_protocol" ||
      isTrusted(toAddress(address), this.#rules);
  }

  /** Who asked, as far as the peer may say. */
  clientOf({ peer, rawHeaders }: Exchange): Peer {
    if (!this.#trusts(peer)) return peer;
    const { address, scheme } = realClientOf(rawHeaders, this.#rules);
    const said = scheme === undefined ? peer : { ...peer, scheme };
    if (address === undefined) return said;
    const connected = peer.connected ?? peer.address;
    return { ...said, connected, address: { transport: "tcp", ...address } };
  }

  #trusts(peer: Peer): boolean {
    let trusted = this.#trusted.get(peer);
    if (trusted === undefined) {
      trusted = isTrusted(toAddress(peer.address), this.#rules);
      this.#trusted.set(peer, trusted);
    }
    return trusted;
  }
}

function toAddress(address: Deno.Addr): Address {
  return "hostname" in address
    ? { transport: "tcp", hostname: address.hostname }
    : { transport: "unix" };
}

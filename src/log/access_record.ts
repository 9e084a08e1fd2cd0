/**
 * What the access log knows of one request: numbers, strings and the head's
 * lines as they are, so that filling it costs next to nothing. What is derived
 * from them is derived when a format asks for it. Pure.
 */

/** One request that was answered, or broke off. */
export interface AccessRecord {
  /** Wall clock at its end, milliseconds since 1970. */
  readonly timeMs: number;
  /** From its first byte to the last of its response, milliseconds. */
  readonly durationMs: number;
  /** The client's, after real_ip; "" of a Unix socket. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** The other end of the connection, whatever real_ip says. */
  readonly peerAddress: string;
  readonly peerPort: number;
  /** Our end; "" of a Unix socket. */
  readonly serverAddress: string;
  readonly serverPort: number;
  /** "" when the request line could not be read. */
  readonly method: string;
  /** As in the request line. */
  readonly target: string;
  /** "HTTP/1.0", "HTTP/1.1", "HTTP/2.0". */
  readonly protocol: string;
  readonly scheme: "http" | "https";
  /** What was sent, or would have been: 499 when the client left first. */
  readonly status: number;
  /** Of the response, head and framing included. */
  readonly bytesSent: number;
  /** Of the response's body, as it went over the wire less its framing. */
  readonly bodyBytesSent: number;
  /** Of the request, head and body. */
  readonly requestLength: number;
  /** Names and values in turn, as they were sent. */
  readonly requestHeaders: readonly string[];
  readonly responseHeaders: readonly string[];
  /** The connection's number in this worker, from 1. */
  readonly connection: number;
  /** How many requests came on it, this one included. */
  readonly connectionRequests: number;
  /** The whole response was sent. */
  readonly isComplete: boolean;
  /** "" without TLS: "TLSv1.3" and so on, as nginx says it. */
  readonly tlsProtocol: string;
  readonly tlsCipher: string;
  /** The name the client asked for by SNI. */
  readonly tlsServerName: string;
  readonly tlsAlpn: string;
}

/** What is the same for all requests of a worker. */
export interface AccessPlace {
  readonly pid: number;
  readonly hostname: string;
  /** Local time minus UTC, in minutes. */
  readonly offsetMinutes: number;
}

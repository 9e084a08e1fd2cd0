/**
 * Plain node:http in one Deno process, several of which may share a port; with
 * a certificate node:https.
 *
 *     deno run --allow-net --allow-read raw_http.ts PORT [CERTIFICATE KEY]
 */

import http from "node:http";
import https from "node:https";

const BODY = "Hello, world!\n";
const [port, certificate, key] = Deno.args;

const server = createServer((_request, response) => {
  response.writeHead(200, {
    "content-type": "text/plain; charset=utf-8",
    "content-length": BODY.length,
  });
  response.end(BODY);
});
// As long as procmgr and nginx do, for connections that wait.
server.keepAliveTimeout = 75_000;
server.listen({
  host: "127.0.0.1",
  port: Number(port),
  reusePort: true,
});

function createServer(listener: http.RequestListener): http.Server {
  if (certificate === undefined || key === undefined) {
    return http.createServer(listener);
  }
  return https.createServer({
    cert: Deno.readTextFileSync(certificate),
    key: Deno.readTextFileSync(key),
  }, listener);
}

/**
 * Plain node:http in one Deno process, several of which may share a port.
 *
 *     deno run --allow-net raw_http.ts PORT
 */

import http from "node:http";

const BODY = "Hello, world!\n";

const server = http.createServer((_request, response) => {
  response.writeHead(200, {
    "content-type": "text/plain; charset=utf-8",
    "content-length": BODY.length,
  });
  response.end(BODY);
});
server.listen({
  host: "127.0.0.1",
  port: Number(Deno.args[0]),
  reusePort: true,
});

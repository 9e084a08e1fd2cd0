/**
 * The PM2 side of the bench: hello, with the graceful stop PM2's manual asks
 * for (close the server on SIGINT, then exit). The port comes by PORT.
 */

import http from "node:http";
import process from "node:process";

const BODY = "Hello, world!\n";

const server = http.createServer((_request, response) => {
  response.writeHead(200, {
    "content-type": "text/plain; charset=utf-8",
    "content-length": BODY.length,
  });
  response.end(BODY);
});
server.listen(Number(process.env.PORT), "127.0.0.1");

process.on("SIGINT", () => server.close(() => process.exit(0)));

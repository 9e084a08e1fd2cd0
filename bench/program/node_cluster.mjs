/**
 * The node:cluster side of the bench: hello from N workers, a worker that dies
 * is forked again, SIGHUP replaces them one by one: fork, wait until the new one
 * listens, disconnect the old one, kill it after five seconds.
 *
 *     node node_cluster.mjs PORT WORKERS [CERTIFICATE KEY]
 */

import cluster from "node:cluster";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import process from "node:process";

const [port, workers] = process.argv.slice(2, 4).map(Number);
const [certificate, key] = process.argv.slice(4);
const BODY = "Hello, world!\n";

if (cluster.isWorker) {
  const pair = certificate === undefined
    ? {}
    : { cert: readFileSync(certificate), key: readFileSync(key) };
  const { createServer } = certificate === undefined ? http : https;
  createServer(pair, (_request, response) => {
    response.writeHead(200, {
      "content-type": "text/plain; charset=utf-8",
      "content-length": BODY.length,
    });
    response.end(BODY);
  }).listen(port, "127.0.0.1");
} else {
  for (let count = 0; count < workers; count++) {
    cluster.fork();
  }
  cluster.on("exit", (worker) => {
    if (!worker.exitedAfterDisconnect) {
      cluster.fork();
    }
  });
  process.on("SIGHUP", async () => {
    for (const old of Object.values(cluster.workers)) {
      await once(cluster.fork(), "listening");
      const exited = once(old, "exit");
      const limit = setTimeout(() => old.process.kill("SIGKILL"), 5000);
      old.disconnect();
      await exited;
      clearTimeout(limit);
    }
  });
}

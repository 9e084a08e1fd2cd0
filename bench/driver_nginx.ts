/**
 * nginx with `return 200`: the yardstick for what a master and workers in C
 * cost. One shared listening socket, access log off, connections not limited to
 * nginx's usual 1000 requests, so that only reloads end them.
 */

import { freePort } from "./answer.ts";
import { runChild } from "./child.ts";
import {
  type Driver,
  missingProgram,
  reloadAndWait,
  type Server,
  settled,
  startAnswering,
} from "./driver.ts";
import { childrenOf } from "./process_table.ts";
import type { Scratch } from "./scratch.ts";

/** nginx as Debian packages it. */
export const NGINX: Driver = {
  name: "nginx",
  missing: (scratch) => missingProgram(scratch, ["nginx", "-v"]),
  start: startNginx,
};

async function startNginx(
  scratch: Scratch,
  workers: number,
): Promise<Server> {
  const port = freePort();
  const dir = scratch.folder("nginx");
  Deno.writeTextFileSync(`${dir}/nginx.conf`, config(port, workers));
  const base = ["nginx", "-p", dir, "-c", "nginx.conf", "-e", "error.log"];
  const { child, startMs } = await startAnswering(scratch, {
    command: base,
    port,
  });
  const signal = async (name: string) => {
    const { code, stderr } = await runChild(scratch, {
      command: [...base, "-s", name],
    });
    if (code !== 0) {
      throw new Error(`nginx -s ${name}: ${stderr}`);
    }
  };
  return {
    port,
    masterPid: child.pid,
    startMs,
    workerPids: () => childrenOf(child.pid),
    settle: () => settled(child.pid, workers),
    reload: () => reloadAndWait(child.pid, () => signal("reload")),
    stop: () => scratch.end(child.pid),
  };
}

function config(port: number, workers: number): string {
  return `daemon off;
worker_processes ${workers};
pid nginx.pid;
error_log error.log notice;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 100000000;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server {
    listen 127.0.0.1:${port};
    location / { default_type text/plain; return 200 "Hello, world!\\n"; }
  }
}
`;
}

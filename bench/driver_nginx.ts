/**
 * nginx with `return 200`: the yardstick for what a master and workers in C
 * cost. One shared listening socket, access log off, connections not limited to
 * nginx's usual 1000 requests, so that only reloads end them.
 */

import { freePort } from "./answer.ts";
import { runChild } from "./child.ts";
import {
  type Certificate,
  type Content,
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
export const NGINX: Driver = nginxDriver({});

/** The same for other content. */
export function nginxDriver(content: Content): Driver {
  return {
    name: "nginx",
    missing: (scratch) => missingProgram(scratch, ["nginx", "-v"]),
    start: (scratch, workers) => startNginx(scratch, { workers, content }),
  };
}

async function startNginx(
  scratch: Scratch,
  options: { readonly workers: number; readonly content: Content },
): Promise<Server> {
  const { workers, content } = options;
  const port = freePort();
  const dir = scratch.folder("nginx");
  Deno.writeTextFileSync(`${dir}/nginx.conf`, config(port, options));
  const base = ["nginx", "-p", dir, "-c", "nginx.conf", "-e", "error.log"];
  const { child, startMs } = await startAnswering(scratch, {
    command: base,
    port,
    tls: content.tls,
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

function config(
  port: number,
  options: { readonly workers: number; readonly content: Content },
): string {
  const { workers, content } = options;
  const { folder, tls, connectionsMax = 1024 } = content;
  const files = `${connectionsMax + 100}`;
  return `daemon off;
worker_processes ${workers};
${connectionsMax > 1024 ? `worker_rlimit_nofile ${files};` : ""}
pid nginx.pid;
error_log error.log notice;
events { worker_connections ${connectionsMax}; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000000;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server {
    listen 127.0.0.1:${port}${tls === undefined ? "" : " ssl"};
    ${tls === undefined ? "" : certificateLines(tls)}
    ${folder === undefined ? HELLO : `root ${folder};`}
  }
}
`;
}

const HELLO =
  `location / { default_type text/plain; return 200 "Hello, world!\\n"; }`;

function certificateLines({ certificate, key }: Certificate): string {
  return `ssl_certificate ${certificate}; ssl_certificate_key ${key};`;
}

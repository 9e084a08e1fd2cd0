/**
 * Server-sent events that end politely.
 *
 *     procmgr examples/events.ts
 *     curl -N http://127.0.0.1:8080/
 *     kill -HUP $(cat procmgr.pid)       # watch the stream end, and reconnect
 *
 * A stream like this never ends by itself. On a reload, the old worker would
 * keep it until worker_shutdown_timeout and then cut it. `info.draining` tells
 * the stream to end first: the browser connects again, to a new worker, and
 * nobody sees an error.
 */

import type { App } from "../src/app/app.ts";

const encoder = new TextEncoder();

export default {
  fetch(request, info): Response {
    // A browser that opens the address; its EventSource asks for events.
    if (request.headers.get("accept")?.includes("text/html")) {
      return new Response(PAGE, { headers: { "content-type": "text/html" } });
    }
    return new Response(clock(info.draining), {
      headers: {
        "content-type": "text/event-stream",
        "cache-control": "no-store",
      },
    });
  },
} satisfies App;

/** The time, each second, until the client leaves or the worker drains. */
function clock(draining: AbortSignal): ReadableStream<Uint8Array<ArrayBuffer>> {
  let timer: ReturnType<typeof setInterval> | undefined;
  let end: (() => void) | undefined;

  function release(): void {
    clearInterval(timer);
    if (end !== undefined) draining.removeEventListener("abort", end);
  }

  return new ReadableStream({
    start(controller): void {
      const send = (text: string): void =>
        controller.enqueue(encoder.encode(text));
      // How long the browser waits before it connects again.
      send("retry: 500\n\n");
      end = (): void => {
        release();
        send("event: bye\ndata: connect again\n\n");
        controller.close();
      };
      timer = setInterval(() => {
        send(`data: ${new Date().toISOString()}\n\n`);
      }, 1000);
      if (draining.aborted) end();
      else draining.addEventListener("abort", end);
    },
    // The client went away.
    cancel: release,
  });
}

const PAGE = `<!doctype html>
<title>events</title>
<pre id="log"></pre>
<script>
  const log = document.getElementById("log");
  const events = new EventSource("/");
  events.onmessage = (event) => log.textContent += event.data + "\\n";
  events.addEventListener("bye", () => log.textContent += "(reload)\\n");
</script>
`;

/**
 * An app for `deno serve` that speaks WebSocket. Nothing in it knows of
 * procmgr.
 *
 *     deno serve --port=8080 examples/websocket.ts
 *     procmgr examples/websocket.ts      # open http://127.0.0.1:8080/
 *     kill -HUP $(cat procmgr.pid)       # watch the page connect again
 *
 * On a reload the old worker closes its sockets with 1001, "going away", and
 * the page does what every page with a WebSocket has to: it connects again.
 */

export default {
  fetch(request: Request): Response {
    if (request.headers.get("upgrade") !== "websocket") {
      return new Response(PAGE, { headers: { "content-type": "text/html" } });
    }
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.addEventListener("open", () => {
      socket.send(`process ${Deno.pid} is here`);
    });
    socket.addEventListener("message", ({ data }) => {
      socket.send(data === "ping" ? "pong" : `you said ${data}`);
    });
    return response;
  },
} satisfies Deno.ServeDefaultExport;

const PAGE = `<!doctype html>
<title>websocket</title>
<input id="text" placeholder="say something" autofocus>
<pre id="log"></pre>
<script>
  const log = (text) =>
    document.getElementById("log").textContent += text + "\\n";
  let socket;
  function connect() {
    socket = new WebSocket(location.href.replace("http", "ws"));
    socket.onmessage = ({ data }) => log(data);
    socket.onclose = ({ code }) => {
      log("closed with " + code + ", connecting again");
      setTimeout(connect, 500);
    };
  }
  document.getElementById("text").onchange = ({ target }) => {
    socket.send(target.value);
    target.value = "";
  };
  connect();
</script>
`;

/**
 * The smallest app: a module that exports an object with a `fetch` function,
 * just what `deno serve` takes.
 *
 *     procmgr examples/hello.ts
 *     curl http://127.0.0.1:8080/
 *
 * Edit it, then `kill -HUP` the master: new workers start with the new code,
 * the old ones finish what they are doing, and no request is lost.
 */

export default {
  fetch(): Response {
    return new Response("Hello World\n");
  },
};

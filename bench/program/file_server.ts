/**
 * A file server as the manual of Deno.serve has it: the file is opened and its
 * stream is the body. SERVE_ROOT is the folder.
 *
 *     SERVE_ROOT=site deno serve --allow-env --allow-read file_server.ts
 */

const root = Deno.env.get("SERVE_ROOT") ?? ".";

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const path = pathname.endsWith("/") ? `${pathname}index.html` : pathname;
    try {
      const file = await Deno.open(root + path);
      const { size, mtime } = await file.stat();
      const headers = new Headers({ "content-length": String(size) });
      headers.set("content-type", "application/octet-stream");
      if (mtime !== null) headers.set("last-modified", mtime.toUTCString());
      return new Response(file.readable, { headers });
    } catch {
      return new Response("Not Found\n", { status: 404 });
    }
  },
};

/**
 * An app in Hono, as Hono's own documentation shows it. Nothing in it knows of
 * procmgr; the deno.json beside it names the package, deno.lock its version.
 *
 *     procmgr examples/hono/app.ts
 *     curl http://127.0.0.1:8080/hello/you
 *     curl http://127.0.0.1:8080/me
 */

import { Hono } from "hono";
import { logger } from "hono/logger";

const app = new Hono<{ Bindings: Deno.ServeHandlerInfo }>();

app.use(logger());

app.get("/", (c) => c.text("Hello Hono!\n"));

app.get("/hello/:name", (c) => c.text(`Hello ${c.req.param("name")}!\n`));

// What Deno gives as the second argument, Hono calls its environment.
app.get("/me", (c) => c.json(c.env.remoteAddr));

app.post("/json", async (c) => c.json({ received: await c.req.json() }));

export default app;

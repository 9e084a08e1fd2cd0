/**
 * Every kind of app keeps the same promises (tests/support/app_conformance.ts),
 * be it a function or made with a framework, which runs unchanged. Packages
 * come from npm, by the app's own deno.json and lock file.
 */

import { conform } from "../support/app_conformance.ts";
import { fixturePath } from "../support/config.ts";

conform("an object with fetch", "conformance/fetch_object.ts");
conform("a default function", "conformance/default_function.ts");
conform("an instance of a class", "conformance/class_instance.js");
conform("an app in Hono", "framework/hono/app.ts");
conform("an app in h3", "framework/h3/app.ts");

// A folder has no say in statuses, takes no bodies, and makes nothing up.
conform("a folder", "conformance/site", {
  config: { app: undefined, static: fixturePath("conformance/site") },
  without: [
    "status and headers are the app's, each cookie in its line",
    "a 204 has neither body nor length",
    "the query and headers arrive",
    "a body arrives as text",
    "a body of a megabyte passes both ways",
    "a response streams as it is made",
    "a client that leaves aborts the request and cancels the body",
    "an error is a 500, and the worker goes on",
    "a body that breaks is a connection that breaks",
  ],
});

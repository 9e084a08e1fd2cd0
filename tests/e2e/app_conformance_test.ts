/**
 * Every kind of app keeps the same promises (tests/support/app_conformance.ts),
 * be it a function or made with a framework, which runs unchanged. Packages
 * come from npm, by the app's own deno.json and lock file.
 */

import { conform } from "../support/app_conformance.ts";

conform("an object with fetch", "conformance/fetch_object.ts");
conform("a default function", "conformance/default_function.ts");
conform("an instance of a class", "conformance/class_instance.js");
conform("an app in Hono", "framework/hono/app.ts");
conform("an app in h3", "framework/h3/app.ts");

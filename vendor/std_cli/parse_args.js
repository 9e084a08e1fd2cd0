/**
 * Stands in for jsr:@std/cli/parse-args where JSR is out of reach: the same
 * code from npm's deno-std (MIT, the Deno authors), which has no types, with
 * the types of parse_args.d.ts. Deleting `links` in deno.json goes back to JSR.
 */

// @ts-self-types="./parse_args.d.ts"
export * from "npm:deno-std@1.4.0/cli/parse_args.js";

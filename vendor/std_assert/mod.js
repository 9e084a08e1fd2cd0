/**
 * Stands in for jsr:@std/assert where JSR is out of reach: the same code from
 * npm's deno-std (MIT, the Deno authors), which has no types, with the types of
 * mod.d.ts. Deleting `links` in deno.json goes back to JSR. Decides nothing.
 */

// @ts-self-types="./mod.d.ts"
export * from "npm:deno-std@1.4.0/assert/mod.js";

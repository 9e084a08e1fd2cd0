/**
 * What a child of the master can be. nginx: src/os/unix/ngx_process_cycle.h,
 * NGX_PROCESS_WORKER and NGX_PROCESS_HELPER.
 */

/** The children that look after the cache, and serve nothing. */
export type HelperRole = "cache_manager" | "cache_loader";

/** A helper in words: "cache manager". */
export function helperName(helper: HelperRole): string {
  return helper.replace("_", " ");
}

/** Every kind of child. */
export const CHILD_ROLES = [
  "worker",
  "cache_manager",
  "cache_loader",
] as const satisfies readonly ("worker" | HelperRole)[];

/** One kind of child. */
export type ChildRole = typeof CHILD_ROLES[number];

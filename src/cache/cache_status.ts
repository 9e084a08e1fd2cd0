/**
 * Cache-Status: what the cache did with a request, for whoever looks at the
 * answer. Pure. Source: RFC 9211; RFC 8941 for how it is written.
 */

/** How this cache names itself. */
const NAME = "procmgr";

/** Why the app was called. */
export type Forward =
  | "bypass"
  | "method"
  | "miss"
  | "request"
  | "stale"
  | "vary-miss";

/** What the cache did. */
export interface CacheStatus {
  readonly isHit?: boolean;
  /** Seconds it is still fresh; negative: stale. */
  readonly ttlMs?: number;
  readonly forward?: Forward;
  /** What the app answered, where the client sees something else. */
  readonly forwardStatus?: number;
  readonly isStored?: boolean;
  /** Another request's call of the app answered this one, too. */
  readonly isCollapsed?: boolean;
  /** A token: why something did not happen. */
  readonly detail?: string;
}

/** The header's value; caches before this one stand before it. */
export function formatCacheStatus(
  status: CacheStatus,
  before: string | null = null,
): string {
  const { isHit, ttlMs, forward, forwardStatus, detail } = status;
  let text = NAME;
  if (isHit === true) text += "; hit";
  if (forward !== undefined) text += `; fwd=${forward}`;
  if (forwardStatus !== undefined) text += `; fwd-status=${forwardStatus}`;
  if (ttlMs !== undefined) text += `; ttl=${Math.trunc(ttlMs / 1000) || 0}`;
  if (status.isStored === true) text += "; stored";
  if (status.isCollapsed === true) text += "; collapsed";
  if (detail !== undefined) text += `; detail=${detail}`;
  return before === null || before === "" ? text : `${before}, ${text}`;
}

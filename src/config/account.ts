/**
 * "user", "user group" and a separate group, looked up. The looking up is
 * handed in; what the words mean is decided here, with nginx's messages.
 *
 * nginx: src/core/nginx.c, ngx_set_user. One difference: without a group the
 * user's own is taken, not a group that happens to have the user's name.
 */

import type { Gid } from "../base/id.ts";
import type { Result } from "../base/system_error.ts";
import { formatSystemError } from "../base/system_error.ts";
import type { UserConfig } from "./config.ts";

/** The machine's users and groups; undefined: there is none of that name. */
export interface Accounts {
  lookUpUser(name: string): Result<UserConfig | undefined>;
  lookUpGroup(name: string): Result<Gid | undefined>;
}

/** Which of the two names is wrong, and what the system says. */
export interface Refusal {
  readonly name: "user" | "group";
  readonly wrong: string;
}

/** The account, or what is wrong with one or both names. */
export type Account =
  | { readonly ok: true; readonly account: UserConfig }
  | { readonly ok: false; readonly refusals: readonly Refusal[] };

/** Look up "user" or "user group"; `text` has one or two words. */
export function resolveAccount(text: string, accounts: Accounts): Account {
  const [name = "", groupName] = text.split(" ");
  const user = accounts.lookUpUser(name);
  const group = groupName === undefined
    ? undefined
    : accounts.lookUpGroup(groupName);
  const gid = group === undefined
    ? gidOf(user)
    : group.ok
    ? group.value
    : undefined;
  if (user.ok && user.value !== undefined && gid !== undefined) {
    return { ok: true, account: { name, uid: user.value.uid, gid } };
  }
  const refusals = [
    ...refused("user", `getpwnam("${name}") failed`, user),
    ...group === undefined
      ? []
      : refused("group", `getgrnam("${groupName}") failed`, group),
  ];
  return { ok: false, refusals };
}

function gidOf(user: Result<UserConfig | undefined>): Gid | undefined {
  return user.ok ? user.value?.gid : undefined;
}

function refused(
  name: Refusal["name"],
  unknown: string,
  answer: Result<unknown>,
): readonly Refusal[] {
  if (!answer.ok) return [{ name, wrong: formatSystemError(answer.error) }];
  return answer.value === undefined ? [{ name, wrong: unknown }] : [];
}

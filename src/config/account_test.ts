/** Users and groups. nginx: src/core/nginx.c, ngx_set_user. */

import { assertEquals } from "@std/assert";
import { toGid, toUid } from "../base/id.ts";
import { failure, success } from "../base/system_error.ts";
import type { Accounts } from "./account.ts";
import { resolveAccount } from "./account.ts";

const ACCOUNTS: Accounts = {
  lookUpUser: (name) =>
    success(
      name === "www" ? { name, uid: toUid(33), gid: toGid(34) } : undefined,
    ),
  lookUpGroup: (name) => success(name === "adm" ? toGid(4) : undefined),
};

Deno.test("resolveAccount() takes the user's own group unless one is given", () => {
  const www = { name: "www", uid: toUid(33) };
  assertEquals(resolveAccount("www", ACCOUNTS), {
    ok: true,
    account: { ...www, gid: toGid(34) },
  });
  assertEquals(resolveAccount("www adm", ACCOUNTS), {
    ok: true,
    account: { ...www, gid: toGid(4) },
  });
});

Deno.test("resolveAccount() says in nginx's words who is not there", () => {
  assertEquals(resolveAccount("nosuch nobody", ACCOUNTS), {
    ok: false,
    refusals: [
      { name: "user", wrong: 'getpwnam("nosuch") failed' },
      { name: "group", wrong: 'getgrnam("nobody") failed' },
    ],
  });
});

Deno.test("resolveAccount() passes on why a lookup failed", () => {
  const error = {
    call: 'getpwnam("www")',
    code: "EIO",
    errno: 5,
    text: "Input/output error",
  };
  const broken: Accounts = { ...ACCOUNTS, lookUpUser: () => failure(error) };
  assertEquals(resolveAccount("www", broken), {
    ok: false,
    refusals: [{
      name: "user",
      wrong: 'getpwnam("www") failed (5: Input/output error)',
    }],
  });
});

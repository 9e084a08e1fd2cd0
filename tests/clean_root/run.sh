#!/bin/sh
# `deno task test:root [FILE]`: procmgr as one file (dist/procmgr) on a machine
# that has nothing: a Debian made by debootstrap, with neither deno nor node,
# where operate.sh starts, reloads, upgrades and stops it, as root and as an
# unprivileged user. Takes minutes, so it is in no suite; says so aloud when it
# cannot run. CLEAN_ROOT names a folder to keep the Debian in for the next time.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
file=${1:-$here/../../dist/procmgr}

skip() {
  echo "SKIPPED: the clean root: $*"
  exit 0
}

[ "$(id -u)" = 0 ] || skip "needs root"
[ -x "$file" ] || skip "no $file: deno task compile"
PATH=$PATH:/usr/sbin
for tool in debootstrap unshare chroot; do
  command -v "$tool" >/dev/null || skip "needs $tool"
done

root=${CLEAN_ROOT:-$(mktemp -d)}
if [ -z "${CLEAN_ROOT-}" ]; then
  trap 'rm -rf -- "$root"' EXIT
  trap 'exit 1' INT TERM
fi
if [ ! -e "$root/bin/sh" ]; then
  echo "debootstrap, a minute or two"
  debootstrap --variant=minbase stable "$root" >"$root.log" 2>&1 ||
    skip "debootstrap failed: $(tail -n 1 "$root.log")"
  rm -f "$root.log"
fi
for program in deno node; do
  ! chroot "$root" sh -c "command -v $program" || skip "it has $program"
done

install -D -m 755 "$file" "$root/usr/local/bin/procmgr"
install -D -m 644 "$here/../../examples/hello.ts" "$root/srv/hello.ts"
install -m 644 "$here/operate.sh" "$root/srv/operate.sh"
rm -rf "$root/var/cache/procmgr" "$root/srv/as_"*
for user in nobody root nobody; do
  # A user first unpacks for himself, then uses what root has unpacked.
  echo "as $user"
  unshare --mount --pid --fork --kill-child chroot "$root" sh -euc '
    mount -t proc proc /proc
    folder=$(mktemp -d /srv/as_XXXXXX)
    chown "$1" "$folder"
    id="$(id -u "$1")"
    exec setpriv --reuid="$id" --regid="$id" --clear-groups \
      env -i HOME="$folder" PATH=/usr/local/bin:/usr/bin:/bin \
      sh -eu /srv/operate.sh
  ' sh "$user"
done
echo "ok: $(basename "$file") in a clean $(cat "$root/etc/debian_version")"

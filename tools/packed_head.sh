#!/bin/sh
# procmgr @VERSION@ for @ARCH@, packed: this script, then an archive of Deno and
# of procmgr's program. The first start unpacks them into a folder of this
# version; every start executes what is there, if nobody but root and the user
# can have changed it.
#
# PROCMGR_UNPACK names the folder to unpack in. Else it is /var/cache/procmgr or
# /var/lib/procmgr for root, which everybody may use, and for others
# $XDG_CACHE_HOME/procmgr or ~/.cache/procmgr.

_id=@ID@
_why=

fail() {
  printf 'procmgr: [emerg] %s\n' "$*" >&2
  exit 1
}

# trusted BASE [HOME]: fail unless only root and we can change BASE, and HOME
# in it is what was unpacked. One ls(1) looks at them and at all folders above,
# and at env(1): whether it is the one that HOME/env remembers.
trusted() {
  _base=$1 _home=${2-} _above=$1
  set -- "$_base"
  while [ -n "$_above" ]; do
    _above=${_above%/*}
    set -- "${_above:-/}" "$@"
  done
  [ -z "$_home" ] || set -- "$@" "$_home" "$_home/app" "$_home/app/main.js" \
    "$_home/deno"
  _left=$# _linked='' _env=''
  [ ! -x /usr/bin/env ] || { set -- "$@" /usr/bin/env && _left=$#; }
  while read -r _mode _ _uid _ _size _ _ _ _name; do
    _left=$((_left - 1))
    case $_name in
      /usr/bin/env*) _env="$_mode $_size $_name" && continue ;;
    esac
    [ "$_uid" = 0 ] || [ -O "$_name" ] ||
      fail "\"$_name\" belongs to user $_uid, so \"${_home:-$_base}\" is not" \
        'safe to execute from: name another folder in PROCMGR_UNPACK'
    case $_mode in
      l*)
        case $_name in
          "$_home"*)
            fail "\"${_name%% -> *}\" is a symbolic link: remove it" ;;
        esac
        _linked=1 && break ;;
      ?????w* | ????????w*)
        # What is ours in a sticky folder, as /tmp is, nobody else can replace.
        case $_mode$_name in
          d????????[tT]*"$_base" | d????????[tT]*"${_home:-$_base}"*) ;;
          d????????[tT]*) continue ;;
        esac
        fail "\"$_name\" can be written by others, so \"${_home:-$_base}\" is" \
          'not safe to execute from: chmod go-w it, or name another folder' \
          'in PROCMGR_UNPACK' ;;
    esac
    case $_name/$_size in
      "$_home/deno/@DENO_BYTES@" | "$_home/app/main.js/@MAIN_BYTES@") ;;
      "$_home/deno/"* | "$_home/app/main.js/"*) _left=$((_left + 1)) ;;
    esac
  done <<EOF
$(LC_ALL=C ls -ldn -- "$@" 2>/dev/null)
EOF
  if [ -n "$_linked" ]; then
    enter "$_base" && trusted "$_base" "$_base/$_id"
    return
  fi
  [ "$_left" -eq 0 ] ||
    fail "\"${_home:-$_base}\" is not what was unpacked there: remove it"
}

# blocks: whether env(1) can block a signal. GNU coreutils can since 8.31.
blocks() {
  /usr/bin/env --block-signal=USR1 true 2>/dev/null
}

# enter FOLDER: base is its path without links.
enter() {
  _base=$(CDPATH='' cd -P -- "$1" 2>/dev/null && pwd -P) && _base=${_base%/}
}

# found BASE: whether this version is unpacked in it; then home is where.
found() {
  [ -e "$1/$_id" ] || [ -L "$1/$_id" ] || return 1
  case $1 in
    /*) _base=$1 ;;
    *) enter "$1" || return 1 ;;
  esac
  trusted "$_base" "$_base/$_id"
}

# unpack BASE: or why says what is in the way.
unpack() {
  _said=$(mkdir -p -- "$1" 2>&1) && enter "$1" || {
    _why="$_why; cannot make \"$1\": ${_said##*: }"
    return 1
  }
  trusted "$_base"
  # What a start that was killed has left.
  find "$_base" -maxdepth 1 -name '.new-*' -mmin +60 -exec rm -rf -- {} + \
    2>/dev/null
  _new=$(mktemp -d "$_base/.new-XXXXXX" 2>&1) || {
    _why="$_why; cannot write in \"$_base\": ${_new##*: }"
    return 1
  }
  trap 'rm -rf -- "$_new"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  install && _home=$_base/$_id
  _code=$?
  rm -rf -- "$_new"
  trap - EXIT HUP INT TERM
  [ "$_code" -eq 0 ] || return 1
  trusted "$_base" "$_home"
}

# install: from the archive to base by way of new, at once or not at all.
install() {
  _said=$({
    tail -c +@OFFSET@ -- "$_file" | { @UNZIP@ || : >"$_new/cut"; } |
      tar -xof - -C "$_new"
  } 2>&1) && [ ! -e "$_new/cut" ] && [ -f "$_new/$_id/deno" ] || {
    # Another version lies there by now, or less than all of this one.
    [ -n "$_said" ] || _said='it is not the file that was started, or not whole'
    fail "cannot unpack \"$_file\" in \"$_base\": ${_said%%
*}"
  }
  _said=$("$_new/$_id/deno" --version 2>&1) || {
    _why="$_why; cannot execute a program in \"$_base\": ${_said##*: }"
    return 1
  }
  ! blocks || printf '%s\n' "$_env" >"$_new/$_id/env"
  sync "$_new/$_id/deno" 2>/dev/null
  # Of two first starts at once one comes too late, which does no harm.
  _said=$(mv -T -- "$_new/$_id" "$_base/$_id" 2>&1) || [ -d "$_base/$_id" ] || {
    _why="$_why; cannot write in \"$_base\": ${_said##*: }"
    return 1
  }
}

# first_start: unpack where we may.
first_start() {
  _mask=$(umask)
  _machine=$(uname -m)
  [ "$_machine" = @ARCH@ ] ||
    fail "this file is for @ARCH@, and this machine is $_machine"
  umask 022
  if [ -n "${PROCMGR_UNPACK-}" ]; then
    [ "$_user" = 0 ] || umask 077
    unpack "$PROCMGR_UNPACK"
  elif [ "$_user" = 0 ]; then
    unpack /var/cache/procmgr || unpack /var/lib/procmgr
  else
    umask 077
    [ -n "$_own" ] || _why='; neither HOME nor XDG_CACHE_HOME is set'
    [ -n "$_own" ] && unpack "$_own"
  fi || fail "${_why#; }: name a folder to unpack in in PROCMGR_UNPACK"
  umask "$_mask"
}

case $0 in
  /*) _file=$0 ;;
  *) _file=$PWD/${0#./} ;;
esac
if [ -n "${PROCMGR_UNPACK-}" ]; then
  found "$PROCMGR_UNPACK" || { _user=$(id -u); first_start; }
elif ! found /var/cache/procmgr && ! found /var/lib/procmgr; then
  _user=$(id -u)
  # A relative path counts as not set: XDG Base Directory Specification.
  case ${XDG_CACHE_HOME-} in
    /*) _own=$XDG_CACHE_HOME/procmgr ;;
    *) _own=${HOME:+$HOME/.cache/procmgr} ;;
  esac
  { [ "$_user" != 0 ] && [ -n "$_own" ] && found "$_own"; } || first_start
fi

set -- "$_home/app/main.js" "$@"
set -- "$_home/deno" run --allow-all --no-config --no-lock "$@"
# On SIGUSR1 Deno opens a debugger port, unless the signal is blocked. Where
# env(1) cannot do that, or would take the path for a variable, the program
# blocks it and executes itself once more. Asking env takes as long as using it,
# so its answer is kept.
_known=
[ ! -e "$_home/env" ] || read -r _known <"$_home/env"
case $_home in
  *=*) ;;
  *)
    if [ -n "$_env" ] && { [ "$_known" = "$_env" ] || blocks; }; then
      set -- /usr/bin/env --block-signal=USR1 "$@"
    fi
    ;;
esac
export PROCMGR_PACKED="$_file" DENO_NO_UPDATE_CHECK=1
exec "$@"

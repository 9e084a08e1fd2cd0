# Inside the clean root (run.sh): one life of a procmgr, in $HOME. Ends with 1
# at the first thing that is not as it should be.
cd "$HOME" || exit 1
trap 'code=$?; [ $code = 0 ] || { echo "FAILED"; cat error.log; }' EXIT

# A file of one's own, to be replaced; ts is the app's, types and all.
cp /usr/local/bin/procmgr procmgr
if [ "$(id -u)" = 0 ]; then user='"user": "nobody",'; else user=; fi
cat >procmgr.jsonc <<EOF
{
  "app": "/srv/hello.ts", "listen": "127.0.0.1:0", "worker_processes": 2,
  $user "daemon": true, "error_log": "error.log"
}
EOF

now_ms() { read -r up _ </proc/uptime; echo "${up%.*}${up#*.}0"; }

# timed WHAT COMMAND...: and how long it took.
timed() {
  what=$1 began=$(now_ms)
  shift
  "$@"
  echo "  $what: $(($(now_ms) - began)) ms"
}

served() {
  port=$(sed -n 's/.*listening on 127.0.0.1:\([0-9]*\).*/\1/p' error.log |
    head -n 1)
  answer=$(bash -c 'exec 3<>/dev/tcp/127.0.0.1/"$1"
    printf "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" >&3
    cat <&3' bash "$port")
  case $answer in
    *"Hello World"*) ;;
    *) echo "no Hello World: $answer"; exit 1 ;;
  esac
}

timed 'first -v' ./procmgr -v
timed 'second -v' ./procmgr -v
./procmgr -V 2>&1 | sed 's/^/  /'
./procmgr -p . -t -q
timed start ./procmgr -p .
served
timed reload ./procmgr -p . --signal reload --wait
served
old=$(cat procmgr.pid)
cp procmgr next && mv next procmgr
timed upgrade ./procmgr -p . --signal upgrade --wait
[ "$(cat procmgr.pid)" != "$old" ]
served
timed quit ./procmgr -p . --signal quit --wait
[ ! -e procmgr.pid ]

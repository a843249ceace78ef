# shellcheck shell=bash
# Sourced by the scripts that run kin with servers. Each server listens on a free
# port of loopback, has its log in $work, and ends with the script. The scripts
# end only processes that were started here, by their IDs.
#
# It needs steps.bash, and $work, a directory for logs.

# All programs use loopback and these credentials. An unset endpoint is port 9,
# which refuses connections.
export AWS_EC2_METADATA_DISABLED=true
export AWS_ACCESS_KEY_ID=kin AWS_SECRET_ACCESS_KEY=kin
export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_PAGER=
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
export AWS_ENDPOINT_URL=http://127.0.0.1:9 AWS_ENDPOINT_URL_KINESIS=http://127.0.0.1:9
unset AWS_CA_BUNDLE NODE_EXTRA_CA_CERTS AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN AWS_ROLE_ARN AWS_WEB_IDENTITY_TOKEN_FILE

npm_packages=$(dirname "${BASH_SOURCE[0]}")/npm

server_pids=()

# server_stop PID: ends a server and waits for it. After 10 s it sends SIGKILL,
# because kinesis-local waits for connections whose clients have disconnected.
server_stop() {
  kill "$1" 2>/dev/null || true
  for _ in {1..100}; do
    kill -0 "$1" 2>/dev/null || break
    sleep 0.1
  done
  kill -9 "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

# servers_stop: for the EXIT trap. Ends the last started process first, because a
# server may wait for the end of its connections.
servers_stop() {
  local i
  for ((i = ${#server_pids[@]} - 1; i >= 0; i--)); do
    server_stop "${server_pids[i]}"
  done
  server_pids=()
}

# server_address LOG PID PATTERN [SCHEME]: waits until the server's log has its
# address, and sets $endpoint. PATTERN is for sed, and \1 must be the address.
# SCHEME is http by default.
server_address() {
  local log=$1 pid=$2 pattern=$3 scheme=${4:-http} address
  for _ in {1..300}; do
    address=$(sed -n "s|$pattern|\\1|p" "$log" | head -n 1)
    if [[ -n $address ]]; then
      endpoint=$scheme://$address
      export AWS_ENDPOINT_URL_KINESIS=$endpoint
      return
    fi
    if ! kill -0 "$pid" 2>/dev/null; then
      cat "$log" >&2
      fail "the server ended before it listened on a port"
    fi
    sleep 0.1
  done
  cat "$log" >&2
  fail "the server did not listen on a port within 30 s"
}

# start_local KIN NAME ARG...: starts `kin local` with the given binary. With --tls
# it sets the variables with which clients trust the certificate.
start_local() {
  local kin=$1 log=${work:?}/$2.log scheme=http
  shift 2
  : >"$log"
  "$kin" local --listen 127.0.0.1:0 "$@" >"$log" 2>&1 &
  server_pid=$!
  server_pids+=("$server_pid")
  [[ " $* " != *" --tls "* ]] || scheme=https
  server_address "$log" "$server_pid" "^export AWS_ENDPOINT_URL_KINESIS=.*$scheme://\(127\.0\.0\.1:[0-9]*\).*" "$scheme"
  unset AWS_CA_BUNDLE NODE_EXTRA_CA_CERTS
  if [[ $scheme == https ]]; then
    # kin local printed them together with the address.
    AWS_CA_BUNDLE=$(sed -n "s/^export AWS_CA_BUNDLE='\{0,1\}\([^']*\).*/\1/p" "$log")
    NODE_EXTRA_CA_CERTS=$AWS_CA_BUNDLE
    export AWS_CA_BUNDLE NODE_EXTRA_CA_CERTS
  fi
}

# start_kinesis_local: starts npm's kinesis-local. It needs its own directory as
# the working directory. Its default port for plain HTTP is 4568.
start_kinesis_local() {
  local log=${work:?}/kinesis-local.log
  : >"$log"
  (
    cd "$npm_packages/node_modules/kinesis-local" || exit
    SHARD_LIMIT=1000 exec node --require ../../loopback.cjs main.js
  ) >"$log" 2>&1 &
  server_pid=$!
  server_pids+=("$server_pid")
  server_address "$log" "$server_pid" '^listening on \(.*\) instead of 4568$'
}

# start_kinesalite: starts npm's kinesalite, with streams in memory. Its default
# port is 4567.
start_kinesalite() {
  local log=${work:?}/kinesalite.log
  : >"$log"
  (
    cd "$npm_packages/node_modules/kinesalite" || exit
    exec node --require ../../loopback.cjs cli.js --shardLimit 1000
  ) >"$log" 2>&1 &
  server_pid=$!
  server_pids+=("$server_pid")
  server_address "$log" "$server_pid" '^listening on \(.*\) instead of 4567$'
}

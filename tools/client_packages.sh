#!/usr/bin/env bash
# What npm installs for the tests, as this machine has it set up: RingCentral's JavaScript clients, and what builds and
# examines the dialer and the click-to-call script. Without node or npm it says what is skipped; with CI=true nothing may
# be missing.
set -euo pipefail
cd "$(dirname "$0")/.."

missing() { # folder, why
  echo "setup: $2. Skipped without it: $(what "$1")." >&2
  [ "${CI:-}" != true ] || { echo "setup: with CI=true nothing may be skipped." >&2; exit 1; }
}

what() {
  case "$1" in
    tests/clients) echo "tests/clients with @ringcentral/sdk and @rc-ex/core" ;;
    click-to-call) echo "tests/click_to_call: the build of the script" ;;
    *) echo "tests/$1: the build of its files, and axe-core" ;;
  esac
}

install() { # folder
  [ ! "$1/node_modules/.ready" -nt "$1/package.json" ] || return 0
  command -v node >/dev/null || { missing "$1" "node is missing (Debian: apt install nodejs)"; return 0; }
  command -v npm >/dev/null || { missing "$1" "npm is missing (Debian: apt install npm)"; return 0; }
  echo "setup: installing with npm in $1" >&2
  local log
  log="$(mktemp)"
  if ! (cd "$1" && timeout 300 npm install --no-package-lock --ignore-scripts --no-audit --no-fund --no-update-notifier) \
    >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    rm -f "$log"
    missing "$1" "npm could not install the packages"
    return 0
  fi
  rm -f "$log"
  touch "$1/node_modules/.ready"
}

# A cache of its own when there is no home to write to.
home="${HOME:-}"
if [ ! -d "$home" ] || [ ! -w "$home" ]; then
  scratch="$(mktemp -d)"
  trap 'rm -rf "$scratch"' EXIT
  export npm_config_cache="$scratch"
fi

install tests/clients
install dialer
install click-to-call

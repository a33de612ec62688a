#!/usr/bin/env bash
# RingCentral's JavaScript clients for tests/clients, installed by npm as this machine has it set up. Without node or npm
# it says what is skipped; with CI=true nothing may be missing.
set -euo pipefail
cd "$(dirname "$0")/../tests/clients"

[ ! node_modules/.ready -nt package.json ] || exit 0

missing() {
  echo "setup: $1. Skipped without it: tests/clients with @ringcentral/sdk and @rc-ex/core." >&2
  [ "${CI:-}" != true ] || { echo "setup: with CI=true nothing may be skipped." >&2; exit 1; }
  exit 0
}

command -v node >/dev/null || missing "node is missing (Debian: apt install nodejs)"
command -v npm >/dev/null || missing "npm is missing (Debian: apt install npm)"

echo "setup: installing the JavaScript clients with npm" >&2
# A cache and a home of its own when there is none to write to.
home="${HOME:-}"
if [ ! -d "$home" ] || [ ! -w "$home" ]; then
  scratch="$(mktemp -d)"
  trap 'rm -rf "$scratch"' EXIT
  export npm_config_cache="$scratch"
fi
log="$(mktemp)"
if ! timeout 300 npm install --no-package-lock --ignore-scripts --no-audit --no-fund --no-update-notifier >"$log" 2>&1 </dev/null; then
  cat "$log" >&2
  rm -f "$log"
  missing "npm could not install the packages"
fi
rm -f "$log"
touch node_modules/.ready

#!/usr/bin/env bash
# The foreign programs that `make test` uses: installs what is missing where it may, and says what is missing where not.
# With CI=true nothing may be missing.
set -euo pipefail

# program  Debian package  what is skipped without it
PROGRAMS='
sipp     sip-tester  tests/e2e: every test whose phones are SIPp scenarios
baresip  baresip     tests/e2e: the tests with baresip phones
curl     curl        tests/sandbox: the examples that use it
node     nodejs      tests/clients: the JavaScript clients
npm      npm         tests/clients: the JavaScript clients
Xvfb     xvfb        tests/desktop: links on a desktop
xdg-open xdg-utils   tests/desktop: links on a desktop
desktop-file-validate desktop-file-utils tests/desktop: links on a desktop
chromium chromium    tests/dialer, tests/click_to_call, tests/desktop: everything in a browser
'

missing() {
  while read -r program package without; do
    [ -z "$program" ] || command -v "$program" >/dev/null || printf '%s\t%s\t%s\n' "$program" "$package" "$without"
  done <<<"$PROGRAMS"
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo -n "$@"; else return 1; fi
}

[ -n "$(missing)" ] || exit 0

if command -v apt-get >/dev/null && as_root true; then
  mapfile -t packages < <(missing | cut -f2)
  echo "setup: installing ${packages[*]} with apt" >&2
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >/dev/null || true
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null || true
fi

still="$(missing)"
[ -n "$still" ] || exit 0
while IFS=$'\t' read -r program package without; do
  echo "setup: $program is missing (Debian: apt install $package). Skipped without it: $without." >&2
done <<<"$still"
if [ "${CI:-}" = true ]; then
  echo "setup: with CI=true nothing may be skipped." >&2
  exit 1
fi

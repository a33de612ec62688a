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
rtpengine rtpengine-daemon tests/contract, tests/e2e: the media port on rtpengine, phones in browsers
asterisk asterisk    tests/interop: Asterisk as trunk, as the PBX of phones and as a phone that registers
kamailio kamailio    tests/interop: Kamailio as edge proxy
kamailio/modules/tls.so kamailio-tls-modules tests/interop: Kamailio over TLS
linphonec linphone-cli tests/e2e, tests/interop: linphone as a phone that registers
tshark   tshark      tests/interop: what another decoder reads on the wire
ip       iproute2    tests/interop: lossy links and NATs in network namespaces
iptables iptables    tests/interop: NATs in network namespaces
'

# Daemons are in here, and the modules that some of them are packaged with.
PATH="$PATH:/usr/sbin:/sbin"

is_there() { # a program, or DIRECTORY/FILE below the libraries
  case "$1" in
    */*) compgen -G "/usr/lib/*/$1" >/dev/null ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

missing() {
  while read -r program package without; do
    [ -z "$program" ] || is_there "$program" || printf '%s\t%s\t%s\n' "$program" "$package" "$without"
  done <<<"$PROGRAMS"
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo -n "$@"; else return 1; fi
}

# Telephone servers that are only wanted for tests must not start as services of this machine: apt asks this file.
without_services() {
  local policy=/usr/sbin/policy-rc.d ours="" result=0
  if [ ! -e "$policy" ]; then
    ours=yes
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
  fi
  "$@" || result=$?
  [ -z "$ours" ] || as_root rm -f "$policy"
  return "$result"
}

# Asterisk is not in Debian 12, but in the release before. That release is added to a copy of the sources, pinned so low
# that it only gives what no other source has; nothing of it stays in this machine's own lists.
install_from_bullseye() { # packages
  local copy mirror options
  mirror="$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT) $(ORIGIN)' 'Created-By: Packages' |
    awk '$2 == "main" && $3 == "Debian" { print $1; exit }')"
  [ -n "$mirror" ] || return 1
  copy="$(mktemp -d)"
  chmod 755 "$copy"  # apt fetches as a user of its own
  mkdir -p "$copy/sources.list.d" "$copy/preferences.d" "$copy/lists/partial"
  cp /etc/apt/sources.list.d/* "$copy/sources.list.d/" 2>/dev/null || true
  cp /etc/apt/preferences.d/* "$copy/preferences.d/" 2>/dev/null || true
  echo "deb $mirror bullseye main" >"$copy/sources.list.d/bullseye.list"
  printf 'Package: *\nPin: release n=bullseye\nPin-Priority: 100\n' >"$copy/preferences.d/bullseye"
  options=(-o "Dir::Etc::SourceParts=$copy/sources.list.d" -o "Dir::Etc::PreferencesParts=$copy/preferences.d"
    -o "Dir::State::Lists=$copy/lists" -o APT::Sandbox::User=root)
  as_root env DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" update -qq >/dev/null || true
  without_services as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get "${options[@]}" install -y -qq --no-install-recommends --no-remove --no-upgrade "$@" >/dev/null || true
  as_root rm -rf "$copy"
}

[ -n "$(missing)" ] || exit 0

if command -v apt-get >/dev/null && as_root true; then
  mapfile -t packages < <(missing | cut -f2)
  echo "setup: installing ${packages[*]} with apt" >&2
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >/dev/null || true
  here=() elsewhere=()
  for package in "${packages[@]}"; do
    if [ -n "$(apt-cache madison "$package" 2>/dev/null)" ]; then here+=("$package"); else elsewhere+=("$package"); fi
  done
  [ -z "${here[*]}" ] || without_services as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${here[@]}" >/dev/null || true
  [ -z "${elsewhere[*]}" ] || install_from_bullseye "${elsewhere[@]}" || true
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

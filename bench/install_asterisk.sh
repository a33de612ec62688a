#!/bin/sh
# Puts Asterisk into a directory of its own (a minimal Debian), so that the machine itself stays as it is. Needs root.
#   install_asterisk.sh DIRECTORY [SUITE]     SUITE: sid (Asterisk 22, the default) or bullseye (Asterisk 16)
# The mirror is the one that this machine already uses.
set -eu
directory=$1
suite=${2:-sid}
[ -x "$directory/usr/sbin/asterisk" ] && exit 0
[ "$(id -u)" = 0 ] || { echo "asterisk: installing it needs root" >&2; exit 1; }

mirror=$(cat /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null |
  awk '/^URIs:/ { print $2; exit } /^deb / { for (i = 2; i <= NF; i++) if ($i ~ /:\/\//) { print $i; exit } }')
[ -n "$mirror" ] || { echo "asterisk: no Debian mirror in the apt sources" >&2; exit 1; }

if ! command -v debootstrap >/dev/null; then
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends debootstrap >/dev/null
fi
building=$directory.building
rm -rf "$building"
mkdir -p "$building"
debootstrap --variant=minbase "$suite" "$building" "$mirror" >"$directory.log" 2>&1
cp /etc/resolv.conf "$building/etc/resolv.conf"
DEBIAN_FRONTEND=noninteractive chroot "$building" \
  apt-get install -y --no-install-recommends asterisk >>"$directory.log" 2>&1
mv "$building" "$directory"

#!/usr/bin/env bash
# Makes .venv and installs this package into it, editable. Arguments go to `uv pip install`, for example `--group dev`.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*" >&2; }

recent_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
  local candidate
  for candidate in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11 /usr/bin/python3; do
    if command -v "$candidate" >/dev/null && recent_enough "$candidate"; then
      command -v "$candidate"
      return
    fi
  done
  say "no Python of 3.11 or later is here: install one (Debian: apt install python3 python3-venv), or name it: make PYTHON=..."
  exit 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo -n "$@"; else return 1; fi
}

make_environment() {
  local python=$1
  "$python" -m venv .venv 2>/dev/null && return
  rm -rf .venv
  # Debian ships ensurepip, which a virtual environment needs, as a package of its own.
  local package
  package="$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
  say "this Python cannot make virtual environments yet: installing $package"
  if command -v apt-get >/dev/null && as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >/dev/null \
    && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$package" >/dev/null \
    && "$python" -m venv .venv; then
    return
  fi
  rm -rf .venv
  say "that needs an administrator: apt install $package"
  exit 1
}

if ! [ -x .venv/bin/python ] || ! recent_enough .venv/bin/python; then
  rm -rf .venv
  make_environment "$(find_python)"
fi
if ! [ -x .venv/bin/uv ]; then
  say "installing uv into .venv"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check uv
fi
say "installing ringout and what it needs into .venv"
.venv/bin/uv pip install --quiet --python .venv/bin/python --editable . "$@"

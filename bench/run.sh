#!/bin/sh
# Measures the server on this machine, beside Asterisk: bench/run.sh [MEASURE ...] [--runs N] [--seconds N] ...
#   PYTHON             the interpreter with ringout installed (default: .venv/bin/python)
#   BENCH_ASTERISK     no = measure without the peer; sid (default) or bullseye = Debian suite to take it from
#   BENCH_CACHE        where Asterisk is kept for the next time
# The server runs on the first processor, everything else on the last one.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-.venv/bin/python}
suite=${BENCH_ASTERISK:-sid}
cache=${BENCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ringout-bench}

for program in sipp gcc taskset; do
  command -v $program >/dev/null || { echo "bench: $program is missing (Debian: sip-tester gcc util-linux)" >&2; exit 1; }
done
ulimit -n "$(ulimit -Hn)"

peer=
if [ "$suite" != no ]; then
  mkdir -p "$cache"
  if bench/install_asterisk.sh "$cache/asterisk-$suite" "$suite"; then
    peer="--asterisk $cache/asterisk-$suite"
  else
    echo "bench: going on without Asterisk" >&2
  fi
fi
# shellcheck disable=SC2086 # the two words of $peer
exec taskset -c $(($(nproc --all) - 1)) "$python" -m bench.run $peer "$@"

"""How many links a second are read: `python -m bench.links [RUNS]`. Seconds of this process's CPU, one core.

"new" = every link names a number that was never seen before, so that no cache of numbers helps; "known" = the same
thousand numbers again and again, as on the pages of one company.
"""

from __future__ import annotations

import statistics
import sys
import time

from ringout.domain.links import parse

LINKS = 20_000
KNOWN = 1_000
FORMS = (
    "tel:+1-650-{0}-{1}",
    "tel:1-650-{0}-{1}",
    "rcmobile://call?number=1650{0}{1}",
    "rcapp://r/call?number=%2B1650{0}{1}",
    "tel:+1-650-{0}-{1};ext=101;postd=p22%23",
)


def rates(runs: int) -> dict[str, list[float]]:
    """Links a second, once for each run."""
    found: dict[str, list[float]] = {"new": [], "known": []}
    for run in range(runs):
        first = 2_000_000 + run * LINKS
        found["new"].append(_rate([_link(n, first + n) for n in range(LINKS)]))
        found["known"].append(_rate([_link(n, 9_000_000 + n % KNOWN) for n in range(LINKS)]))
    return found


def _link(n: int, local: int) -> str:
    return FORMS[n % len(FORMS)].format(f"{local:07d}"[:3], f"{local:07d}"[3:])


def _rate(links: list[str]) -> float:
    begin = time.process_time()
    for link in links:
        parse(link, "US")
    return len(links) / (time.process_time() - begin)


if __name__ == "__main__":
    for name, each in rates(int(sys.argv[1]) if len(sys.argv) > 1 else 9).items():
        print(f"{name:6}{statistics.median(each):10,.0f} links/s  ({min(each):,.0f} to {max(each):,.0f})")

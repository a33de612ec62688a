"""The table: every figure beside its goal and the peer's."""

from __future__ import annotations

from typing import Any

# measure, key, what the line says, unit, whether the peer does the same work for it, the goal
LINES = (
    ("cpu", "cpu_ms_per_call", "processor time per RingOut at 100/s", "ms", True, "<= 1.5, aim 1.0"),
    ("rate", "calls_per_second", "sustained, nothing failed or late", "calls/s", True, ">= 400, aim 600"),
    ("rate", "cpu_ms_per_call", "processor time per RingOut at that rate", "ms", True, "<= 1.5, aim 1.0"),
    ("latency", "request_p50_ms", "POST p50 at 50/s", "ms", False, "< 3"),
    ("latency", "request_p99_ms", "POST p99 at 50/s", "ms", False, "< 15"),
    ("latency", "request_to_caller_invite_p50_ms", "POST sent -> INVITE at the caller p50", "ms", False, "< 5"),
    ("latency", "accepted_to_caller_invite_p50_ms", "POST answered -> INVITE at the caller p50", "ms", False, "< 5"),
    ("latency", "caller_answer_to_callee_invite_p50_ms", "caller's 200 -> INVITE at the callee p50", "ms", True, "< 2"),
    ("memory", "per_call_kb", "memory per held call (1,000 held)", "KB", True, "< 40"),
)


def print_table(found: dict[str, Any]) -> None:
    """Prints what was measured; a measure that did not run has no line."""
    print(", ".join(f"{name} {value}" for name, value in found["machine"].items()))
    print(f"\n{'':44}{'RingOut':>12}{'Asterisk':>12}{'ours : theirs':>15}  goal")
    for measure, key, text, unit, comparable, goal in LINES:
        ours, theirs = (found[name].get(measure, {}).get(key) for name in ("RingOut", "Asterisk"))
        if ours is not None or theirs is not None:
            ratio = f"1 : {theirs / ours:.2f}" if comparable and ours and theirs else ""
            print(f"{text:44}{_number(ours, unit)}{_number(theirs, unit)}{ratio:>15}  {goal}")
    for line in _media_lines(found["RingOut"].get("media", {})):
        print(line)


def _number(value: float | None, unit: str) -> str:
    return f"{'' if value is None else f'{value:.2f} {unit}' if value < 100 else f'{value:.0f} {unit}':>12}"


def _media_lines(media: dict[str, Any]) -> list[str]:
    if not media:
        return []
    lines = ["", f"{'bridged G.711 calls':44}{'lost':>12}{'p50 ms':>9}{'p99 ms':>9}{'media CPU':>11}  goal"]
    for run in media["idle"]:
        goal = "p99 < 3, nothing lost" if run["calls"] == 250 else ""
        lines.append(_media_line(f"{run['calls']} calls, API idle", run, goal))
    for run in media["saturated"]:
        text = f"{run['calls']} calls, API {run['requests_per_second']:.0f}/s on {run['api_processor']} CPU"
        lines.append(_media_line(text, run, "p99 < 5"))
    return lines


def _media_line(text: str, run: dict[str, Any], goal: str) -> str:
    lost = f"{run['lost']}/{run['sent']}"
    return f"{text:44}{lost:>12}{run['p50_ms']:>9.2f}{run['p99_ms']:>9.2f}{run['media_cpu_share']:>11.0%}  {goal}"

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
    for line in _api_lines(found["RingOut"].get("api", {})):
        print(line)
    for line in _storm_lines(found["RingOut"].get("storm", {})):
        print(line)
    for line in _events_lines(found["RingOut"].get("events", {})):
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


def _api_lines(api: dict[str, Any]) -> list[str]:
    if not api:
        return []
    lines = ["", f"{'API on one processor, no calls':44}{'RingOut':>12}{'plain':>12}{'ours : plain':>15}  goal"]
    for name, goal in (("get", ">= 8000/s"), ("post", ">= 2500/s")):
        ours, plain = api[name]["ours"], api[name]["plain"]
        rates, ratio = (ours["per_second"], plain["per_second"]), ours["per_second"] / plain["per_second"]
        both = "".join(_number(rate, "/s") for rate in rates)
        lines.append(f"{name.upper() + ' of a RingOut':44}{both}{f'{ratio:.2f} : 1':>15}  {goal}")
        both = "".join(_number(run["p99_ms"], "ms") for run in (ours, plain))
        lines.append(f"{name.upper() + ', p99 with 32 connections':44}{both}")
        both = "".join(_number(run["cpu_us"], "us") for run in (ours, plain))
        lines.append(f"{name.upper() + ', processor time of one':44}{both}")
    return [*lines, f"{'token check':44}{_number(api['token_check_us'], 'us')}{'':27}  < 5 us"]


STORM_LINES = (
    ("p99_ms", "RTP through the server, p99", "20 ms more"),
    ("max_ms", "RTP through the server, slowest packet", "20 ms more"),
    ("caller_answer_to_callee_invite_p99_ms", "caller's 200 -> INVITE at the callee, p99", "20 ms more"),
    ("caller_answer_to_callee_invite_max_ms", "caller's 200 -> INVITE at the callee, slowest", "20 ms more"),
    ("accepted_to_caller_invite_max_ms", "POST answered -> INVITE at the caller, slowest", "20 ms more"),
    ("request_to_caller_invite_p99_ms", "POST sent -> INVITE at the caller, p99", ""),
)


def _storm_lines(storm: dict[str, Any]) -> list[str]:
    if not storm:
        return []
    calm, stormy = storm["calm"], storm["storm"]
    logins = f"{stormy['logins_per_second']:.0f} logins/s, {stormy['logins_refused']} refused"
    lines = ["", f"{'50 people log in at once, 100 calls talk':50}{'without':>12}{'with':>12}{'more':>12}  at most"]
    for key, text, goal in STORM_LINES:
        values = (calm[key], stormy[key], stormy[key] - calm[key])
        lines.append(f"{text:50}{''.join(_number(value, 'ms') for value in values)}  {goal}")
    return [*lines, f"{'packets lost':50}{calm['lost']:>12}{stormy['lost']:>12}", f"({logins})"]


EVENT_LINES = (
    ("caller_answer_to_callee_invite_p50_ms", "caller's 200 -> INVITE at the callee, p50"),
    ("caller_answer_to_callee_invite_p99_ms", "caller's 200 -> INVITE at the callee, p99"),
    ("caller_answer_to_callee_invite_max_ms", "caller's 200 -> INVITE at the callee, slowest"),
    ("request_p50_ms", "POST p50"),
    ("request_p99_ms", "POST p99"),
    ("cpu_ms_per_call", "processor time per RingOut"),
)
TOLD_LINES = (
    ("answer_told", "callee's 200 -> event at the client"),
    ("told", "newest time in an event -> event at the client"),
)


def _events_lines(events: dict[str, Any]) -> list[str]:
    if not events:
        return []
    alone, crowded = events["alone"], events["crowded"]
    lines = ["", f"{'500 open event streams, 50 calls/s':50}{'without':>12}{'with':>12}{'more':>12}"]
    for key, text in EVENT_LINES:
        values = (alone[key], crowded[key], crowded[key] - alone[key])
        lines.append(f"{text:50}{''.join(_number(value, 'ms') for value in values)}")
    lines.append(f"{'':50}{'p50':>12}{'p99':>12}{'slowest':>12}  goal")
    for key, text in TOLD_LINES:
        values = tuple(crowded[f"{key}_{name}_ms"] for name in ("p50", "p99", "max"))
        lines.append(f"{text:50}{''.join(_number(value, 'ms') for value in values)}  <= 100 ms")
    for key, text in (("stream_kb", "memory per stream"), ("told_kb", "memory per stream, calls told")):
        lines.append(f"{text:50}{_number(events[key], 'KB')}{'':24}  < 40 KB")
    return [*lines, f"({crowded['events_per_second']:.0f} events/s)"]

"""The two phones of the load measures: SIPp processes that answer at once, and what they counted themselves."""

from __future__ import annotations

import csv
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

SCENARIOS = Path(__file__).parent / "scenarios"


@dataclass(frozen=True)
class PhoneCount:
    """One SIPp's own statistics."""

    arrived: int
    succeeded: int
    failed: int
    retransmissions: int  # sent by the phone: the server was late by half a second or more


class SippPhone:
    """One SIPp that plays one side for any number of simultaneous calls."""

    def __init__(self, scenario: str, port: int, hold_seconds: float, directory: Path) -> None:
        self._statistics = directory / f"{scenario}-{time.monotonic_ns()}.csv"
        self._errors = self._statistics.with_suffix(".err")
        command = ["sipp", "-sf", str(SCENARIOS / f"{scenario}.xml"), "-i", "127.0.0.1", "-p", str(port)]
        command += ["-d", str(int(hold_seconds * 1000)), "-nostdin", "-buff_size", "4000000"]
        command += ["-trace_stat", "-stf", str(self._statistics), "-fd", "1"]
        command += ["-trace_err", "-error_file", str(self._errors)]
        self._process = subprocess.Popen(
            command, cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def count(self) -> PhoneCount:
        """As of the last whole second."""
        try:
            with self._statistics.open(newline="") as file:
                rows = [row for row in csv.DictReader(file, delimiter=";") if row.get("Retransmissions(C)")]
        except OSError:
            rows = []
        if not rows:
            return PhoneCount(0, 0, 0, 0)
        last = rows[-1]
        return PhoneCount(
            int(last["TotalCallCreated"]),
            int(last["SuccessfulCall(C)"]),
            int(last["FailedCall(C)"]),
            int(last["Retransmissions(C)"]),
        )

    def stop(self) -> PhoneCount:
        """Ends the phone; its last word."""
        self._process.send_signal(signal.SIGUSR1)  # SIPp: no new calls, leave when the live ones are over
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        return self.count()

    def errors(self) -> str:
        try:
            return self._errors.read_text(errors="replace")[:2000]
        except OSError:
            return ""


class SippPair:
    """Caller and callee phone for one run."""

    def __init__(self, caller_port: int, callee_port: int, hold_seconds: float, directory: Path) -> None:
        self.caller = SippPhone("caller", caller_port, hold_seconds, directory)
        self.callee = SippPhone("callee", callee_port, hold_seconds, directory)
        time.sleep(0.5)  # both have bound their ports by then

    def ended(self) -> int:
        """Calls that both phones have seen the end of."""
        return min(sum((c.succeeded, c.failed)) for c in (self.caller.count(), self.callee.count()))

    def stop(self) -> tuple[PhoneCount, PhoneCount]:
        return self.caller.stop(), self.callee.stop()

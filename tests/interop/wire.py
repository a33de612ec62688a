"""What passes on loopback, read by tshark: a decoder that shares no code with anybody in the test."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

from e2e.waiting import eventually

from .programs import Program, need


class Capture:
    """Records what passes from `start` on."""

    def __init__(self, directory: Path, wanted: Iterable[object], what: str = "port", interface: str = "lo") -> None:
        """wanted: ports, or addresses where what is "host"."""
        need("tshark")
        self._file = directory / "wire.pcap"
        self._program = Program("tshark", directory)
        self._interface = interface
        self._filter = " or ".join(f"{what} {one}" for one in wanted)

    def start(self) -> Capture:
        """Returns when it really records."""
        self._program.start(
            [need("tshark"), "-i", self._interface, "-f", self._filter, "-w", self._file, "-F", "pcap", "-n", "-q"]
        )
        self._program.until(
            lambda: (
                "Capturing on" in self._program.screen() and self._file.exists() and self._file.stat().st_size >= 24
            ),
            "the capture to begin",
        )
        return self

    def fields(self, display_filter: str, *names: str, decode_as: Iterable[str] = ()) -> list[tuple[str, ...]]:
        """Those fields of every packet that the filter lets through so far."""
        command = [
            need("tshark"),
            "-n",
            "-r",
            str(self._file),
            "-Y",
            display_filter,
            "-T",
            "fields",
            "-E",
            "separator=/t",
        ]
        for name in names:
            command += ["-e", name]
        for rule in decode_as:
            command += ["-d", rule]
        output = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout
        return [tuple(line.split("\t")) for line in output.splitlines()]

    def until(self, display_filter: str, count: int = 1, decode_as: Iterable[str] = ()) -> None:
        """Waits for that many packets; tshark writes what it has captured after a while."""
        eventually(
            lambda: len(self.fields(display_filter, "frame.number", decode_as=decode_as)) >= count,
            f"{count} x {display_filter}",
        )

    def close(self) -> None:
        self._program.close()

    def report(self) -> str:
        return f"tshark: {self._program.screen()[-500:]}"

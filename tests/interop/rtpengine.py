"""rtpengine as a part of the laboratory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from contract.rtpengine_process import RtpengineProcess


class RtpengineInLab(RtpengineProcess):
    """address, other: its interfaces, as its option has them: `name/IP`, `IP!IP that SDP names`."""

    def __init__(self, directory: Path, pairs: int, *, other: str = "", **more: Any) -> None:
        super().__init__(directory, pairs, **more)
        if other:
            self._command.append(f"--interface={other}")

    def start(self) -> RtpengineInLab:
        super().start()
        return self

    def close(self) -> None:
        self.kill()

    def report(self) -> str:
        return f"rtpengine: {self.log()[-3000:]}"

"""Debian's rtpengine on loopback, a process of the test's own."""

from __future__ import annotations

import itertools
import os
import subprocess
import time
from pathlib import Path

from fakes.ports import free_port
from ringout.config import RtpengineConfig

_count = itertools.count(1)


class RtpengineProcess:
    """Each has an address of its own, and so all the ports of it: rtpengines that share one take each other's.
    digits: address where it tells key presses."""

    def __init__(
        self, directory: Path, pairs: int = 200, digits: str = "", name: str = "one", address: str = ""
    ) -> None:
        self.name = name
        process = os.getpid()
        self.address = address or f"127.{50 + process % 150}.{process // 150 % 250}.{next(_count)}"
        self.control = f"127.0.0.1:{free_port(keep=True)}"  # kept: it may start anew
        self.digits = digits or f"127.0.0.1:{free_port(keep=True)}"
        first_port = free_port(2 * pairs) if address else 20000
        self._log_path = directory / f"rtpengine-{name}.log"
        self._command = [
            *("setpriv", "--pdeathsig", "KILL"),  # does not outlive a test process that is killed
            *("rtpengine", "--config-file=none", "--foreground", "--log-stderr", "--log-level=6"),
            "--table=-1",  # no kernel module: all in user space
            *(f"--interface={self.address}", f"--listen-ng={self.control}", f"--dtmf-log-dest={self.digits}"),
            *(f"--port-min={first_port}", f"--port-max={first_port + 2 * pairs - 1}"),
            "--endpoint-learning=immediate",
            "--num-threads=1",  # with more, packets that a test sends at once change their order
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def config(self, weight: int = 1, prompts: str = "") -> RtpengineConfig:
        return RtpengineConfig(self.name, self.control, weight, prompts)

    def start(self) -> RtpengineProcess:
        """Returns when it has written that it is up; fails with its log when it ends instead."""
        begin = len(self.log())
        with self._log_path.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        for _ in range(1000):
            if "Startup complete" in self.log()[begin:]:
                return self
            if self._process.poll() is not None:
                break
            time.sleep(0.01)
        self.kill()
        raise AssertionError(f"rtpengine did not start\n{self.log()}")

    def kill(self) -> None:
        """kill -9. Idempotent."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def log(self) -> str:
        return self._log_path.read_text(errors="replace") if self._log_path.exists() else ""

"""One baresip process as a phone: answers by itself, hums a tone, records what it hears, hangs up on demand."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from fakes.ports import free_port

from .shared import Outlet
from .tones import read_wav, sine, write_wav
from .waiting import eventually, is_listening

_CONFIG = """
sip_listen 127.0.0.1:{sip}
sip_transports udp,tcp
call_max_calls 4
audio_player aubridge,nil
audio_source aufile,{tone}
audio_alert aubridge,nil
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
audio_buffer 20-160
rtp_ports {rtp}-{rtp_last}
rtp_bandwidth 512-1024
jitter_buffer_delay 5-10
net_interface 127.0.0.1
module_path /usr/lib/baresip/modules
module stdio.so
module g711.so
{modules}module aufile.so
module aubridge.so
module sndfile.so
snd_path {recordings}
module_tmp uuid.so
module_tmp account.so
module_app auloop.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
menu_bell no
"""


def phone_config(sip: int, control: int, rtp: int, tone: Path, recordings: Path, modules: Sequence[str] = ()) -> str:
    """sip, control: ports; rtp: first of ten. tone: what it hums; recordings: directory of what it hears. modules: more
    of them."""
    more = "".join(f"module {name}.so\n" for name in modules)
    return _CONFIG.format(
        sip=sip, control=control, rtp=rtp, rtp_last=rtp + 9, tone=tone, recordings=recordings, modules=more
    )


def _netstring(stream: BinaryIO) -> bytes:
    """The next `LENGTH:TEXT,` of what baresip says."""
    length = b""
    while not length.endswith(b":"):
        piece = stream.read(1)
        assert piece, "baresip has closed its control port"
        length += piece
    text = stream.read(int(length[:-1]))
    assert stream.read(1) == b","
    return text


def _modules(codecs: Sequence[str], encryption: str) -> list[str]:
    wideband = [name for name in ("g722", "opus") if any(codec.lower().startswith(name) for codec in codecs)]
    return wideband + (["srtp"] if encryption else [])


class BaresipPhone:
    """A phone on its own port that takes every call. codecs: as baresip names them, the preferred first. encryption:
    "" or its word for one, such as "srtp-mand"."""

    def __init__(
        self, name: str, outlet: Outlet, hum_hz: float, codecs: Sequence[str] = ("PCMU",), encryption: str = ""
    ) -> None:
        self.name, self.number = name, outlet.number
        self.port, self.gateway = outlet.port, outlet.gateway
        self._control, rtp = free_port(), free_port(10)
        self._outlet = outlet
        # baresip cuts long paths off: pytest's own directories are too deep for its recordings.
        self._directory = Path(tempfile.mkdtemp(prefix="baresip-"))
        self._recordings = self._directory / "recordings"
        self._recordings.mkdir(parents=True)
        tone = self._directory / "tone.wav"
        write_wav(tone, sine(hum_hz, 30.0))
        (self._directory / "config").write_text(
            phone_config(self.port, self._control, rtp, tone, self._recordings, _modules(codecs, encryption))
        )
        (self._directory / "accounts").write_text(
            f"<sip:{self.number}@127.0.0.1:{self.port}>;regint=0;answermode=auto;audio_codecs={','.join(codecs)}"
            f"{f';mediaenc={encryption}' if encryption else ''}\n"
        )
        (self._directory / "contacts").write_text("")
        self._process: subprocess.Popen[bytes] | None = None

    def answers(self) -> BaresipPhone:
        """Starts the phone; returns when it listens."""
        self._outlet.release()
        with (self._directory / "screen.log").open("wb") as screen:
            self._process = subprocess.Popen(
                ["baresip", "-4", "-s", "-f", str(self._directory)],
                cwd=self._directory, stdin=subprocess.DEVNULL, stdout=screen, stderr=screen,
            )  # fmt: skip
        process = self._process
        eventually(lambda: process.poll() is not None or self._is_open(process.pid), f"baresip phone {self.name}")
        assert process.poll() is None, self.report()
        return self

    def _is_open(self, pid: int) -> bool:
        return is_listening("udp", self.port, pid) and is_listening("tcp", self._control, pid)

    def hang_up(self) -> None:
        """The user of this phone presses the red key."""
        self.command("hangup")

    def command(self, word: str, params: str = "") -> str:
        """One of baresip's own: "hold", "resume", "audio_debug" ...; what it says to that."""
        text = json.dumps({"command": word, "params": params, "token": "1"})
        with socket.create_connection(("127.0.0.1", self._control), 20) as control, control.makefile("rb") as said:
            control.sendall(f"{len(text)}:{text},".encode())
            while True:
                message = json.loads(_netstring(said))
                if message.get("response"):  # and not an event
                    return str(message.get("data", ""))

    def heard(self) -> tuple[int, list[int]]:
        """(rate in Hz, samples) of everything decoded so far."""
        found = sorted(self._recordings.glob("*dec.wav"))
        return read_wav(found[-1]) if found else (8000, [])

    def digits(self) -> str:
        """The keys that this phone told its user of."""
        return "".join(re.findall(r"received event: '(.)' \(end=1\)", self.screen()))

    def screen(self) -> str:
        """All that it has shown to its user."""
        return (self._directory / "screen.log").read_text(errors="replace")

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(3)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._directory)

    def report(self) -> str:
        screen = self._directory / "screen.log"
        text = screen.read_text(errors="replace")[-3000:] if screen.exists() else "never started"
        return f"phone {self.name} {self.number}: {text}"

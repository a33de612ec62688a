"""Real phones that register with the server: baresip and linphone, each in a process of its own."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from fakes.ports import free_port

from .baresip import phone_config
from .tones import read_wav, sine, write_wav
from .waiting import eventually


class RegisteringPhone:
    """A process that is a phone; ended for sure."""

    def __init__(self, username: str, password: str, server: str) -> None:
        """server: host:port, with ;transport=... behind it when that is not UDP."""
        self.username, self.password, self.server = username, password, server
        # baresip cuts long paths off: pytest's own directories are too deep for its recordings.
        self.directory = Path(tempfile.mkdtemp(prefix="phone-"))
        self._process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def start(self) -> RegisteringPhone:
        with (self.directory / "screen.log").open("wb") as screen:
            self._process = subprocess.Popen(
                self.command(), cwd=self.directory, stdin=subprocess.PIPE, stdout=screen, stderr=screen,
                env={"HOME": str(self.directory), "PATH": "/usr/bin:/bin"},
            )  # fmt: skip
        return self

    def type(self, line: str) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()

    def screen(self) -> str:
        return (self.directory / "screen.log").read_text(errors="replace")

    def shows(self, pattern: str, seconds: float = 20.0) -> str:
        """What the screen said, once it has."""
        found = eventually(lambda: re.search(pattern, self.screen()), f"{pattern!r} on the screen", seconds)
        return found[0]

    def crash(self) -> None:
        """Ends without a word to the server."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stdin is not None
            self._process.stdin.close()

    def leave(self) -> None:
        """Ends as its user ends it."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(30)

    def report(self) -> str:
        return f"phone {self.username}: {self.screen()[-5000:]}"

    def close(self) -> None:
        self.crash()
        shutil.rmtree(self.directory, ignore_errors=True)


class BaresipRegistered(RegisteringPhone):
    """Answers every call by itself, hums, and records what it hears."""

    def __init__(self, username: str, password: str, server: str, hum_hz: float, extra: str = "") -> None:
        """extra: parameters of baresip's account."""
        super().__init__(username, password, server)
        recordings = self.directory / "recordings"
        recordings.mkdir()
        tone = self.directory / "tone.wav"
        write_wav(tone, sine(hum_hz, 30.0))
        config = phone_config(free_port(), free_port(), free_port(10), tone, recordings)
        (self.directory / "config").write_text(f"{config}module srtp.so\n")
        address, _, transport = server.partition(";")
        transport = f";{transport}" if transport else ""
        (self.directory / "accounts").write_text(
            f"<sip:{username}@{address}{transport}>;auth_user={username};auth_pass={password};regint=60"
            f';answermode=auto;audio_codecs=PCMU;outbound="sip:{address}{transport}"{extra}\n'
        )
        (self.directory / "contacts").write_text("")

    def command(self) -> list[str]:
        return ["baresip", "-4", "-s", "-f", str(self.directory)]

    def heard(self) -> list[int]:
        """Samples at 8000 Hz of everything decoded so far."""
        found = sorted((self.directory / "recordings").glob("*dec.wav"))
        return read_wav(found[-1])[1] if found else []


class LinphoneRegistered(RegisteringPhone):
    """linphonec: takes every call by itself and plays a file."""

    def __init__(self, username: str, password: str, server: str, hum_hz: float, settings: Sequence[str] = ()) -> None:
        """settings: lines for the section [sip] of its configuration."""
        super().__init__(username, password, server)
        (self.directory / ".local/share/linphone").mkdir(parents=True)
        write_wav(self.directory / "tone.wav", sine(hum_hz, 30.0))
        host = server.partition(";")[0].partition(":")[0]
        (self.directory / "linphonerc").write_text(
            f"[sip]\nsip_port={free_port()}\nsip_tcp_port={'-2' if ';transport=tcp' in server else '0'}\n"
            "sip_tls_port=0\nguess_hostname=0\ndefault_proxy=0\n"
            + "".join(f"{line}\n" for line in settings)
            + f"[rtp]\naudio_rtp_port={free_port(4)}\n"
            f"[proxy_0]\nreg_proxy=<sip:{server}>\nreg_identity=sip:{username}@{host}\nreg_expires=120\n"
            "reg_sendregister=1\n"
            f"[auth_info_0]\nusername={username}\npasswd={password}\nrealm=ringout\n"
        )

    def command(self) -> list[str]:
        return ["linphonec", "-c", str(self.directory / "linphonerc"), "-a"]

    def start(self) -> LinphoneRegistered:
        super().start()
        self.type("soundcard use files")
        self.type(f"play {self.directory / 'tone.wav'}")
        self.type(f"record {self.directory / 'heard.wav'}")
        return self

    def heard(self) -> list[int]:
        """Samples at 8000 Hz of everything it has played to its user. The head of that file is written at its end."""
        path = self.directory / "heard.wav"
        body = path.read_bytes()[44:] if path.exists() else b""
        return [int.from_bytes(body[n : n + 2], "little", signed=True) for n in range(0, len(body) - 1, 2)]

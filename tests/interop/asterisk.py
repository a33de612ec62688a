"""One Asterisk (PJSIP) with a configuration of only what a test asks for."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from e2e.tones import sine, write_wav
from e2e.waiting import eventually, is_listening
from fakes.ports import free_port

from .asterisk_files import FILES, MODULES
from .programs import Program, need

Section = dict[str, object]

MUSIC_HZ = 1500  # what it plays to who is on hold


class Asterisk:
    """A PBX or a carrier. Sections of pjsip.conf and lines of the dialplan are added, then it is started."""

    def __init__(self, name: str = "asterisk", namespace: str = "") -> None:
        """namespace: the network namespace that it runs in."""
        need("asterisk")
        self.name, self._namespace = name, namespace
        # The path of its control socket must be short.
        self.directory = Path(tempfile.mkdtemp(prefix="asterisk-"))
        self._program = Program(name, self.directory)
        self._sections: list[tuple[str, Section]] = [("global", {"type": "global", "debug": "yes"})]
        self._lines: list[str] = []
        self._texts: dict[str, str] = {}
        self._ports: dict[str, int] = {}
        self._hosts: dict[str, str] = {}
        self._rtp_ports = range(first := free_port(60), first + 60)

    # --- configuration -------------------------------------------------------------------------------------------

    def transport(self, protocol: str = "udp", host: str = "127.0.0.1", name: str = "", **settings: object) -> int:
        """A listener; its port. protocol: udp, tcp or tls. Its section is transport-NAME, by default -PROTOCOL."""
        port = free_port()
        self._ports[protocol] = port
        self._hosts[protocol] = host
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self.section(f"transport-{name or protocol}", "transport", protocol=protocol, bind=address, **settings)
        return port

    def claim(self, protocol: str) -> int:
        """A port for a listener whose section is appended as text."""
        self._ports[protocol], self._hosts[protocol] = free_port(), "127.0.0.1"
        return self._ports[protocol]

    def disclaim(self, protocol: str) -> None:
        """There is no such listener after all."""
        del self._ports[protocol]

    def append(self, name: str, text: str) -> None:
        """More text for one of its files."""
        self._texts[name] = self._texts.get(name, "") + "\n" + text

    def section(self, name: str, kind: str, **settings: object) -> None:
        """One section of pjsip.conf; a list as a value gives one line each."""
        self._sections.append((name, {"type": kind, **settings}))

    def change(self, name: str, kind: str, **settings: object) -> None:
        """Adds to a section that is there."""
        for known, section in self._sections:
            if known == name and section["type"] == kind:
                section.update(settings)

    def gateway(self, transport: str = "udp") -> str:
        """Its listener as a trunk's gateway."""
        suffix = "" if transport == "udp" else f";transport={transport}"
        return f"sip:{self._hosts[transport]}:{self._ports[transport]}{suffix}"

    def peer(self, name: str, contact: str | None = None, **settings: object) -> None:
        """An endpoint, reached at `contact` (None: it registers), known by its address or its user name."""
        endpoint: Section = {
            "context": "all",
            "disallow": "all",
            "allow": "ulaw",
            "direct_media": "no",
            "aors": name,
            "rtp_symmetric": "yes",
        }
        self.section(name, "endpoint", **{**endpoint, **settings})
        if contact is None:
            self.section(name, "aor", max_contacts=5, remove_existing="no", minimum_expiration=2)
        else:
            self.section(name, "aor", contact=contact)

    def knows_by_address(self, endpoint: str, host: str = "127.0.0.1") -> None:
        """Every request from host is this endpoint's, unless its From names another."""
        self.section(f"{endpoint}-identify", "identify", endpoint=endpoint, match=host)

    def login(self, name: str, username: str, password: str) -> str:
        """Credentials for `auth` or `outbound_auth`; their name."""
        self.section(name, "auth", auth_type="userpass", username=username, password=password)
        return name

    def dialplan(self, *lines: str) -> None:
        """Lines for everybody who calls, such as `exten => 100,1,Answer()`."""
        self._lines += lines

    def connects(self, number: str, peer: str, options: str = "") -> None:
        """Who calls number is put through to that peer, which is asked for the number."""
        self.dialplan(f"exten => {number},1,Dial(PJSIP/{number}@{peer},60,{options})")

    # --- life ----------------------------------------------------------------------------------------------------

    def start(self) -> Asterisk:
        """Returns when its listeners are bound and its endpoints known."""
        self._write()
        inside = [need("ip"), "netns", "exec", self._namespace] if self._namespace else []
        self._program.start([*inside, need("asterisk"), "-f", "-C", self.directory / "asterisk.conf"])
        self._program.until(self._is_open, "Asterisk to listen")
        return self

    def _is_open(self) -> bool:
        kinds = {"tls": "tcp", "ws": "tcp"}
        opened = (is_listening(kinds.get(one, one), port, self._program.pid) for one, port in self._ports.items())
        return all(opened) and "fully booted" in self._try("core waitfullybooted")

    def _write(self) -> None:
        modules = next(one for one in Path("/usr/lib").glob("**/asterisk/modules") if one.is_dir())
        values = {
            "here": self.directory,
            "modules": modules,
            "first_rtp": self._rtp_ports[0],
            "last_rtp": self._rtp_ports[-1],
        }
        for folder in ("keys", "moh"):
            (self.directory / folder).mkdir(exist_ok=True)
        write_wav(self.directory / "moh" / "music.wav", sine(MUSIC_HZ, 10.0))
        for name, text in FILES.items():
            (self.directory / name).write_text(text.format(**values))
        wanted = [*MODULES, *(["chan_sip"] if "sip.conf" in self._texts else [])]  # the older of its SIP stacks
        loads = [f"load = {name}.so" for name in wanted if (modules / f"{name}.so").exists()]
        (self.directory / "modules.conf").write_text("\n".join(["[modules]", "autoload = no", *loads, ""]))
        (self.directory / "pjsip.conf").write_text("\n".join(_section(*one) for one in self._sections))
        (self.directory / "extensions.conf").write_text("\n".join(["[general]", "[all]", *self._lines, ""]))
        for name, text in self._texts.items():
            with (self.directory / name).open("a") as file:
                file.write(text)

    def close(self) -> None:
        self._program.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def kill(self) -> None:
        self._program.kill()

    # --- looking in ----------------------------------------------------------------------------------------------

    def _try(self, command: str) -> str:
        words = [need("asterisk"), "-C", str(self.directory / "asterisk.conf"), "-rx", command]
        return subprocess.run(words, capture_output=True, text=True, timeout=20, check=False).stdout

    def cli(self, command: str) -> str:
        """What its command line says."""
        return self._try(command)

    def until_says(self, text: str, command: str, seconds: float = 20.0) -> None:
        """Asks its command line until the answer has that text; each asking is a process, so not too often."""

        def says() -> bool:
            time.sleep(0.25)
            return text in self.cli(command)

        eventually(says, f"{self.name} to say {text!r} to {command!r}", seconds)

    def channels(self) -> int:
        """Calls of its own that are up, one per leg."""
        found = re.search(r"(\d+) active channels?", self.cli("core show channels count"))
        assert found, self.log()[-2000:]
        return int(found[1])

    def idle(self) -> None:
        """Waits until no leg is left."""
        eventually(lambda: self.channels() == 0, f"the calls of {self.name} to end")

    def log(self) -> str:
        """Notices, warnings, what the dialplan did, and every SIP message."""
        path = self.directory / "full"
        text = path.read_text(errors="replace") if path.exists() else self._program.screen()
        return "\n".join(line for line in text.splitlines() if "Remote UNIX connection" not in line)

    def messages(self, start: str, sent: bool | None = None, about: str = "") -> list[str]:
        """SIP messages that begin like that, oldest first, without copies. sent: only those that it sent (True) or
        received (False). about: the method in their CSeq."""
        found = []
        pattern = r"<--- (Transmitting|Received) SIP (?:request|response) .*?--->\n(.*?)\n(?=<---|\[[A-Z0-9]|\Z|\s+-- )"
        for direction, text in re.findall(pattern, self.log().replace("\r", ""), re.S):
            named = not about or re.search(rf"(?m)^CSeq: \d+ {about}$", text)
            if text.startswith(start) and named and sent in (None, direction == "Transmitting"):
                found.append(text)
        return list(dict.fromkeys(found))

    def await_messages(self, count: int, start: str, sent: bool | None = None) -> list[str]:
        """The same, once there are so many: it writes its log later than it speaks."""
        return eventually(
            lambda: found if len(found := self.messages(start, sent)) >= count else None,
            f"{count} x {start} in the log of {self.name}",
        )

    def finals(self, method: str) -> list[int]:
        """Codes of the final responses that it received to requests of that method."""
        codes = [int(one.split()[1]) for one in self.messages("SIP/2.0 ", sent=False, about=method)]
        return [code for code in codes if code >= 200]

    def complaints(self) -> list[str]:
        """Its warnings and errors about others, without those about its own optional files."""
        lines = [line for line in self.log().splitlines() if re.search(r"\] (WARNING|ERROR)\[", line)]
        return [
            line for line in lines if not re.search(r"\.conf|res_pjproject|Could not find|sorcery|asterisk\.c", line)
        ]

    def report(self) -> str:
        return f"{self.name}:\n{self.log()[-8000:]}"


def _section(name: str, settings: Section) -> str:
    lines = [f"[{name}]"]
    for key, value in settings.items():
        values = value if isinstance(value, (list, tuple)) else [value]
        # A bare semicolon begins a comment.
        lines += [key + " = " + str(one).replace(";", "\\;") for one in values]
    return "\n".join([*lines, ""])

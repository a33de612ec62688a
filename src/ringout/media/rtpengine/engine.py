"""The media port on rtpengines: which one a call goes to, and whose digit it was."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from ipaddress import ip_address

from ringout import logs
from ringout.config import MediaConfig
from ringout.domain.errors import Unavailable
from ringout.domain.status import Party
from ringout.media import prompts
from ringout.media.rtpengine.client import REPEAT_SECONDS, Address
from ringout.media.rtpengine.dtmf_log import DtmfLog, Press
from ringout.media.rtpengine.instance import Instance, next_of
from ringout.media.rtpengine.session import RtpengineSession
from ringout.media.rtpengine.sounds import Sounds
from ringout.service.ports import IdSource, MediaKind, MediaListener

log = logs.get("media")

_RETRY_SECONDS = 2
_START_SECONDS = sum(REPEAT_SECONDS) + 2 * REPEAT_SECONDS[-1]
_CLOSE_SECONDS = 1.0  # how long the ends of the last calls may take


class RtpengineMedia:
    """service.ports.MediaEngine."""

    def __init__(self, config: MediaConfig, ids: IdSource) -> None:
        self._config = config
        self._ids = ids
        self._instances: list[Instance] = []
        self._sounds: dict[str, Sounds] = {}
        self._sessions: dict[str, RtpengineSession] = {}
        self._dtmf_log: DtmfLog | None = None
        self.silence_seconds = config.silence_seconds
        self.ip_version = ip_address(config.address).version

    async def start(self) -> None:
        """Returns when each instance has answered or has not. That none did is only logged: calls are refused until one
        is up. Raises BadPrompt, or OSError when the digits cannot be listened to."""
        prompts.available(self._config.prompts)
        try:
            addresses = [_address(instance.control) for instance in self._config.rtpengine]
            self._dtmf_log = DtmfLog(
                _address(self._config.digits_listen), {host for host, _ in addresses}, self._receive_press
            )
            for instance, address in zip(self._config.rtpengine, addresses, strict=True):
                self._instances.append(Instance(instance, address, self._config.ping_seconds, self._ids))
                self._sounds[instance.name] = Sounds(instance.prompts, self._config.prompts)
            async with asyncio.timeout(_START_SECONDS):
                await asyncio.gather(*(instance.heard_of.wait() for instance in self._instances))
        except BaseException:
            await self.close()
            raise
        down = [instance.name for instance in self._instances if not instance.up]
        if down:
            log.error("rtpengines are down", rtpengines=down, calls="refused" if not self.up else "go to the others")

    def open(
        self, listener: MediaListener, caller: MediaKind = MediaKind.RTP, callee: MediaKind = MediaKind.RTP
    ) -> RtpengineSession:
        """On the instance whose turn it is. Raises Unavailable when none is up."""
        instance = next_of(self._instances)
        if instance is None:
            raise Unavailable("No media server is up.", _RETRY_SECONDS)
        kinds = {Party.CALLER: caller, Party.CALLEE: callee}
        session = RtpengineSession(self, instance, self._ids.token(), kinds, listener)
        self._sessions[session.call_id] = session
        return session

    def another(self, tried: Collection[Instance]) -> Instance | None:
        """An instance that is up and not among those; None = there is none."""
        return next_of(instance for instance in self._instances if instance not in tried)

    def sounds(self, instance: Instance) -> Sounds:
        return self._sounds[instance.name]

    def forget(self, session: RtpengineSession) -> None:
        """The session is closed or lost."""
        self._sessions.pop(session.call_id, None)

    @property
    def usable(self) -> bool:
        return any(instance.up for instance in self._instances)

    @property
    def up(self) -> list[str]:
        """Names of the instances that answer."""
        return [instance.name for instance in self._instances if instance.up]

    @property
    def calls(self) -> dict[str, int]:
        """How many calls each instance has, by name."""
        return {instance.name: len(instance.calls) for instance in self._instances}

    def _receive_press(self, press: Press) -> None:
        session = self._sessions.get(press.callid)
        if session is not None:
            session.receive_press(press)

    async def close(self) -> None:
        """Ends what is left of calls. Idempotent."""
        for session in tuple(self._sessions.values()):
            session.close()
        if self._dtmf_log is not None:
            self._dtmf_log.close()
        for instance in self._instances:
            await instance.quiet(_CLOSE_SECONDS if instance.up else 0.0)
            instance.close()
        self._instances = []


def _address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), int(port)

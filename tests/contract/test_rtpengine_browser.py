"""DTLS-SRTP and ICE through a real rtpengine, against the media of a real browser."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from browser import OPTIONS, PROGRAM
from contract.rtp_peer import Listener, RtpPeer, until
from ringout.domain.status import Party
from ringout.media import prompts
from ringout.media.rtpengine.engine import RtpengineMedia
from ringout.sdp.offer_answer import answer_offer, make_offer, read_answer
from ringout.service.ports import LocalMedia, MediaKind, RtpDestination

CALLER, CALLEE = Party.CALLER, Party.CALLEE
PAGE = Path(__file__).with_name("browser_phone.html")
MEDIA_OPTIONS = (
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
)


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    path = shutil.which(PROGRAM)
    if path is None:
        message = f"{PROGRAM} is not installed"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=[*OPTIONS, *MEDIA_OPTIONS])
        page = await browser.new_page()
        await page.goto(PAGE.as_uri())
        yield page
        await browser.close()


async def answered(page: Page, local: LocalMedia, hertz: int) -> RtpDestination:
    """What the browser's answer to our offer means, as the engine's leg reads it."""
    offer = make_offer(local.host, local.port, 7, protocol=local.protocol, attributes=local.attributes)
    answer = (await page.evaluate("([offer, hertz]) => answer(offer, hertz)", [offer.decode(), hertz])).encode()
    read = read_answer(answer, protocol=local.protocol, attributes=local.attributes)
    return RtpDestination(
        *(read.host, read.port, read.codec, read.payload_type, read.telephone_event),
        description=answer,
    )


async def hears(page: Page, hertz: int) -> None:
    async with asyncio.timeout(40):
        while abs(await page.evaluate("heard()") - hertz) > 20:  # noqa: ASYNC110  the page has no event for it
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
async def test_browser_and_a_plain_phone_hear_each_other(
    page: Page, rtpengine_media: RtpengineMedia, codec: str
) -> None:
    """codec: of the plain phone; the browser speaks the first that we offer."""
    session = rtpengine_media.open(listener := Listener(), MediaKind.WEBRTC)
    await session.ready()
    local = session.local(CALLER)
    assert local.protocol == "UDP/TLS/RTP/SAVPF"
    assert {"fingerprint", "ice-ufrag", "ice-pwd", "candidate", "setup"} <= {name for name, _ in local.attributes}
    session.connect(CALLER, await answered(page, local, 600))
    session.play_ringback(CALLER, "fr")
    await hears(page, 440)
    await until(lambda: ("started", CALLER) in listener.heard)
    await page.evaluate("press('1')")
    await until(lambda: listener.digits == "1")
    phone = RtpPeer(codec, tone_hz=1000, ssrc=0xB2)
    phone.remote = session.local(CALLEE).address
    session.connect(CALLEE, phone.destination())
    session.bridge()
    talking = asyncio.ensure_future(phone.talk(5000))  # until both have heard
    await hears(page, 1000)
    await until(lambda: phone.hears(600))
    talking.cancel()
    assert await page.evaluate("state()") == "connected"
    session.close()
    phone.close()


async def test_prompt_waits_until_the_browser_can_hear_it(page: Page, rtpengine_media: RtpengineMedia) -> None:
    class Timed(Listener):
        """Tells when it was told."""

        def media_started(self, party: Party) -> None:
            super().media_started(party)
            self.started = loop.time()

        def sounds_played(self, party: Party) -> None:
            super().sounds_played(party)
            self.played = loop.time()

    loop = asyncio.get_running_loop()
    session = rtpengine_media.open(listener := Timed(), MediaKind.WEBRTC)
    await session.ready()
    session.connect(CALLER, await answered(page, session.local(CALLER), 600))
    session.play(CALLER, ["press_1"], "en")
    await until(lambda: ("played", CALLER) in listener.heard)
    recording = prompts.read(prompts.SHIPPED / "en" / "press_1.wav")
    assert listener.played - listener.started > len(recording) / 8000 - 0.05  # all of it after ICE and DTLS
    assert await page.evaluate("state()") == "connected"
    session.close()


async def test_our_answer_to_a_browsers_offer_names_one_role(page: Page, rtpengine_media: RtpengineMedia) -> None:
    session = rtpengine_media.open(Listener(), callee=MediaKind.WEBRTC)
    await session.ready()
    local = session.local(CALLEE)
    assert ("setup", "actpass") in local.attributes
    destination = await answered(page, local, 600)
    session.connect(CALLEE, destination)
    later = session.local(CALLEE)
    assert [value for name, value in later.attributes if name == "setup"] == ["passive"]
    assert (later.address, later.protocol) == (local.address, local.protocol)
    offer = destination.description.replace(b"a=setup:active", b"a=setup:actpass")
    answer, _ = answer_offer(offer, later.host, later.port, 7, protocol=later.protocol, attributes=later.attributes)
    assert b"a=setup:passive" in answer
    session.close()

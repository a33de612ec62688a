"""The browser as the phone that rings: Chromium registers over WebSocket, its sound goes through rtpengine, the other
side is a SIP phone that hums."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, WebSocket, expect

from contract.rtpengine_process import RtpengineProcess
from e2e.baresip import BaresipPhone
from e2e.harness import need
from e2e.server import EXTENSION, MAIN_NUMBER, PASSWORD, ServerProcess
from e2e.shared import Outlet
from e2e.tones import level, parts_with, sine, write_wav
from e2e.waiting import eventually
from fakes.certificates import Authority
from fakes.ports import free_port

from .conftest import FLAGS, need_chromium
from .person import SCREENSHOTS, Person

SPOKEN_HZ, HUMMED_HZ = 700, 1100
# What a page is sent is kept where a test can listen to it: the page itself only plays it.
EARS = """
window.heard = [];
const Real = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Real {
  constructor(...how) {
    super(...how);
    this.addEventListener('track', ({ track }) => window.heard.push(new MediaStream([track])));
  }
};
// A tone is noise, or an echo, to what browsers do for voices.
const media = navigator.mediaDevices;
const raw = { noiseSuppression: false, echoCancellation: false, autoGainControl: false };
if (media) {
  const open = media.getUserMedia.bind(media);
  media.getUserMedia = () => open({ audio: raw });
}
window.loudest = async () => {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 4096;
  context.createMediaStreamSource(window.heard.at(-1)).connect(analyser);
  await new Promise((done) => setTimeout(done, 400));
  const bins = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(bins);
  const best = bins.indexOf(Math.max(...bins));
  const hz = (best * context.sampleRate) / analyser.fftSize;
  await context.close();
  return bins[best] > -60 ? hz : 0;
};
"""


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("voice") / "voice.wav"
    write_wav(path, sine(SPOKEN_HZ, 10))
    return path


@pytest.fixture(scope="module")
def speaking_browser(playwright: Playwright, voice: Path) -> Iterator[Browser]:
    """Its microphone hears a tone; nobody has to click on permissions."""
    flags = [
        *FLAGS,
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={voice}",
        "--allow-loopback-in-peer-connection",
        "--ignore-certificate-errors",  # no authority of a test's is known to it
    ]
    running = playwright.chromium.launch(executable_path=need_chromium(), args=flags)
    yield running
    running.close()


@pytest.fixture
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[SimpleNamespace]:
    """A server with rtpengine and a WebSocket listener, and a phone that answers and hums behind its trunk. The test's
    parameter: that listener's transport, ws if none."""
    transport = getattr(request, "param", "ws")
    need("rtpengine")
    need("baresip")
    media = RtpengineProcess(tmp_path).start()
    outlet = Outlet("+14155550199", free_port(), "udp")
    phone = BaresipPhone("them", outlet, HUMMED_HZ)
    websocket = free_port()
    settings: dict[str, Any] = {
        "sip": {"listen": ["udp:127.0.0.1:PORT", "tcp:127.0.0.1:PORT", f"{transport}:127.0.0.1:{websocket}"]},
        "media": {
            "engine": "rtpengine",
            "digits_listen": media.digits,
            "rtpengine": [{"name": media.name, "control": media.control}],
        },
    }
    if transport == "wss":
        issued = Authority(tmp_path).issue("127.0.0.1")
        settings["sip"] |= {"tls_certificate": str(issued.certificate), "tls_key": str(issued.key)}
    server = ServerProcess(tmp_path, [outlet.trunk("carrier")], settings).start()
    yield SimpleNamespace(server=server, phone=phone, media=media)
    phone.close()
    outlet.release()
    server.close()
    media.kill()
    shutil.rmtree(tmp_path, ignore_errors=True)


@pytest.fixture
def person(world: SimpleNamespace, speaking_browser: Browser) -> Iterator[Person]:
    context = speaking_browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-US")
    context.add_init_script(EARS)
    login = {
        "url": f"http://127.0.0.1:{world.server.http_port}",
        "username": MAIN_NUMBER,
        "extension": EXTENSION,
        "password": PASSWORD,
    }
    somebody = Person(context, login)
    yield somebody
    somebody.leave()
    assert somebody.complaints == []


def turn_on(person: Person) -> None:
    person.page.get_by_role("button", name="Settings").click()
    person.page.get_by_label("This browser is one of my phones").check()
    expect(person.page.locator(".phone-switch[data-state=on]")).to_be_visible()
    person.page.get_by_role("button", name="Close").first.click()


def picture(person: Person, name: str) -> None:
    """At both widths; nothing may stick out of the narrow one."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for width in (320, 1280):
        person.page.set_viewport_size({"width": width, "height": 800})
        person.page.screenshot(path=SCREENSHOTS / f"{name}-{width}.png", full_page=True)
        assert person.page.evaluate("document.documentElement.scrollWidth") <= width


def call_me(world: SimpleNamespace) -> None:
    """A RingOut of the same user, placed by another program: it rings the user's only phone."""
    body = {"to": {"phoneNumber": "+14155550199"}, "playPrompt": False}
    answer = world.server.log_in().request("POST", "/restapi/v1.0/account/~/extension/~/ring-out", body)
    assert answer.code == 200, answer


@pytest.mark.parametrize("world", ["ws", "wss"], indirect=True)
def test_the_browser_is_the_phone_that_rings(person: Person, world: SimpleNamespace) -> None:
    world.phone.answers()
    person.sign_in()
    turn_on(person)
    expect(person.page.get_by_label("Ring me on").locator("option:checked")).to_have_text("Browser")
    person.field.fill("4155550199")
    person.page.keyboard.press("Enter")
    # Who has just clicked on Call need not click on Answer.
    person.sees("You are connected", "Connected", "Connected")
    eventually(lambda: abs(person.page.evaluate("loudest()") - HUMMED_HZ) < 30, "the other side's tone in the page")
    eventually(
        lambda: parts_with(world.phone.heard()[1][-8000:], SPOKEN_HZ) >= 0.2,
        "the microphone's tone in the other side's recording",
    )
    person.page.locator(".softphone").get_by_role("button", name="Hang up").click()
    person.sees(re.compile("^You hung up after"), "Hung up", "Hung up")


def test_presses_1_where_that_is_asked(person: Person, world: SimpleNamespace) -> None:
    world.phone.answers()
    person.sign_in()
    turn_on(person)
    person.page.get_by_label("Ask me to press 1 first").check()
    person.field.fill("4155550199")
    person.page.keyboard.press("Enter")
    person.sees("Press 1 on your phone to go on", "Answered: press 1 on your phone", "Waiting")
    person.page.locator(".softphone .keys").get_by_role("button", name="1", exact=True).click()
    person.sees("You are connected", "Connected", "Connected")
    person.card.get_by_role("button", name="Hang up").click()
    expect(person.page.locator(".softphone")).to_be_hidden()


def test_rings_when_the_call_was_placed_elsewhere(person: Person, world: SimpleNamespace) -> None:
    """Nobody's microphone opens by itself."""
    world.phone.answers()
    person.sign_in()
    turn_on(person)
    call_me(world)
    ringing = person.page.locator(".softphone")
    expect(ringing.get_by_role("heading")).to_have_text("RingOut is calling: (415) 555-0199")
    expect(person.lane("You").locator(".number")).to_have_text("Browser101")  # a phone without a number has a name
    picture(person, "softphone-rings")
    assert person.page.evaluate("document.activeElement.textContent") == "Answer"
    person.page.keyboard.press("Enter")
    person.sees("You are connected", "Connected", "Connected")
    picture(person, "softphone-talks")
    mute = ringing.get_by_role("button", name="Mute")
    mute.click()
    expect(mute).to_have_attribute("aria-pressed", "true")
    eventually(lambda: level(world.phone.heard()[1][-4000:]) < 50, "silence at the other side")
    world.phone.hang_up()
    person.sees(re.compile("^They hung up after"), "Hung up", "Hung up")
    expect(ringing).to_be_hidden()


def test_declines(person: Person, world: SimpleNamespace) -> None:
    person.sign_in()
    turn_on(person)
    call_me(world)
    person.page.locator(".softphone").get_by_role("button", name="Decline").click()
    person.sees("Your phone declined the call", "Declined", "Not called")


def test_turned_off_it_is_not_rung(person: Person, world: SimpleNamespace) -> None:
    person.sign_in()
    turn_on(person)
    person.page.get_by_role("button", name="Settings").click()
    person.page.get_by_label("This browser is one of my phones").uncheck()
    person.page.get_by_role("button", name="Close").first.click()
    person.field.fill("4155550199")
    person.page.keyboard.press("Enter")
    person.sees("Your phone could not be reached")


def test_comes_back_with_the_page(person: Person, world: SimpleNamespace) -> None:
    person.sign_in()
    turn_on(person)
    person.page.reload()
    person.ready()
    expect(person.page.locator(".phone-switch[data-state=on]")).to_be_attached()
    call_me(world)
    expect(person.page.locator(".softphone")).to_be_visible()
    person.page.locator(".softphone").get_by_role("button", name="Decline").click()


def test_of_two_pages_the_one_that_called_rings(person: Person, world: SimpleNamespace) -> None:
    world.phone.answers()
    person.sign_in()
    turn_on(person)
    other = person.context.new_page()
    other.goto(person.login["url"])
    expect(other.locator(".phone-switch[data-state=on]")).to_be_attached()  # the newer place of the same phone
    person.field.fill("4155550199")
    person.page.keyboard.press("Enter")
    person.sees("You are connected", "Connected", "Connected")
    expect(person.page.locator(".softphone")).to_be_visible()
    expect(other.locator(".softphone")).to_be_hidden()


def test_answers_with_the_address_that_the_registrar_has_given_it(person: Person, world: SimpleNamespace) -> None:
    """JsSIP takes the pub-gruu of its REGISTER's answer as its Contact, and our ACK and BYE reach it by that."""
    sent: list[str] = []
    came: list[str] = []

    def listen(line: WebSocket) -> None:
        line.on("framesent", lambda text: sent.append(str(text)))
        line.on("framereceived", lambda text: came.append(str(text)))

    person.page.on("websocket", listen)
    world.phone.answers()
    person.sign_in()
    turn_on(person)
    person.field.fill("4155550199")
    person.page.keyboard.press("Enter")
    person.sees("You are connected", "Connected", "Connected")
    person.card.get_by_role("button", name="Hang up").click()
    expect(person.page.locator(".softphone")).to_be_hidden()
    given = next(found for text in came if (found := re.search(r'pub-gruu="(sip:[^"]+;gr=[^"]+)"', text)))[1]
    answer = next(text for text in sent if re.match(r"SIP/2.0 200[\s\S]+\nCSeq: \d+ INVITE", text))
    assert f"Contact: <{given}>" in answer
    for method in ("ACK", "BYE"):
        assert [text.split()[1] for text in came if text.startswith(method)] == [given]

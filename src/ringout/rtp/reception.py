"""What one receiver counts of one sender: loss and jitter. Source: RFC 3550 section 6.4.1 and appendix A."""

from __future__ import annotations

from ringout.rtp.rtcp import ReportBlock

_MAX_STEP = 3000  # a sequence number further on than that is a new start, not loss (appendix A.1, MAX_DROPOUT)
_MAX_TRANSIT_SECONDS = 2.0  # two packets that differ more in their transit are of different talk, or their clock jumped


class Reception:
    """Counts of one leg for the whole call. A sender that starts anew (another SSRC, a jump) is counted on: `received`
    and `lost` are sums; `block` tells of the present SSRC alone."""

    __slots__ = (
        "_base",
        "_before_sequences",
        "_first_received",
        "_highest",
        "_jitter",
        "_jitter_samples",
        "_jitter_sum",
        "_most_transit",
        "_rate_hz",
        "_started",
        "_told_expected",
        "_told_received",
        "_transit",
        "received",
    )

    def __init__(self) -> None:
        self.received = 0
        self._rate_hz = 8000
        self._started = False
        self._base = self._highest = 0  # extended sequence numbers
        self._first_received = 0  # received, when this sender began
        self._before_sequences = 0  # of the senders before this one
        self._transit = -1e18
        self._most_transit = _MAX_TRANSIT_SECONDS * 8000
        self._jitter = self._jitter_sum = 0.0  # timestamp units; seconds
        self._jitter_samples = 0
        self._told_expected = self._told_received = 0

    def start(self, sequence: int, rate_hz: int) -> None:
        """The next packet is the first of a sender; to be followed by its receive. rate_hz: of its timestamps."""
        if self._started:
            self._before_sequences += self._highest - self._base + 1
        self._started = True
        self._rate_hz = rate_hz
        self._most_transit = _MAX_TRANSIT_SECONDS * rate_hz
        self._base = sequence
        self._highest = sequence - 1
        self._first_received = self.received
        self._forget_transit()
        self._jitter = 0.0
        self._told_expected = self._told_received = 0

    def receive(self, sequence: int, timestamp: int, now: float) -> None:
        """A packet of audio. now: seconds."""
        step = (sequence - self._highest) & 0xFFFF
        if step == 1:
            self._highest += 1
        elif step < 0x8000:
            self._step_on(step, sequence)
        self.received += 1
        # Once a packet of every call: written for speed.
        transit = now * self._rate_hz - timestamp
        difference = transit - self._transit
        self._transit = transit
        if difference < 0:
            difference = -difference
        if difference < self._most_transit:
            self._jitter += (difference - self._jitter) * 0.0625

    def _step_on(self, step: int, sequence: int) -> None:
        if step > _MAX_STEP:
            self.start(sequence, self._rate_hz)
            step = 1
        self._highest += step

    def receive_untimed(self, sequence: int) -> None:
        """A packet whose timestamp is not that of its sending: a key press."""
        step = (sequence - self._highest) & 0xFFFF
        if step < 0x8000:
            self._step_on(step, sequence)
        self.received += 1

    def change_rate(self, rate_hz: int) -> None:
        """The sender goes on with another codec, whose timestamps run at that rate."""
        if rate_hz != self._rate_hz:
            self._rate_hz = rate_hz
            self._most_transit = _MAX_TRANSIT_SECONDS * rate_hz
            self._forget_transit()
            self._jitter = 0.0

    def _forget_transit(self) -> None:
        self._transit = -1e18  # further from any other than two packets of one talk are

    def sample(self) -> None:
        """To be called about once a second while packets come: jitter_ms is the mean of the moments."""
        self._jitter_sum += self._jitter / self._rate_hz
        self._jitter_samples += 1

    @property
    def jitter_ms(self) -> float:
        if self._jitter_samples:
            return 1000 * self._jitter_sum / self._jitter_samples
        return 1000 * self._jitter / self._rate_hz

    @property
    def lost(self) -> int:
        """Packets that did not come, as the RFC counts: one that came twice makes up for one that did not."""
        if not self._started:
            return 0
        return max(0, self._before_sequences + self._highest - self._base + 1 - self.received)

    def block(self, ssrc: int, last_report: int, delay_since: int) -> ReportBlock:
        """The report on the present sender, whose SSRC is that; the share of loss since the last block."""
        expected = self._highest - self._base + 1
        received = self.received - self._first_received
        expected_now, received_now = expected - self._told_expected, received - self._told_received
        self._told_expected, self._told_received = expected, received
        lost_now = expected_now - received_now
        fraction = 0 if expected_now <= 0 or lost_now <= 0 else min(255, (lost_now << 8) // expected_now)
        return ReportBlock(
            ssrc, expected - received, self._highest, int(self._jitter), fraction, last_report, delay_since
        )

"""Durations of RFC 3261 (table 4), RFC 3262 and RFC 6026, all derived from T1, T2 and T4."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TimerValues:
    """Seconds. The letters are the RFC's; what differs on a reliable transport says so.

    t1: estimated round trip; t2: longest retransmit interval of a non-INVITE request and of a 2xx;
    t4: longest time a message stays in the network.
    """

    t1: float = 0.5
    t2: float = 4.0
    t4: float = 5.0
    timer_a: float = field(init=False)  # first INVITE retransmission, doubles without a cap; unreliable transport only
    timer_b: float = field(init=False)  # INVITE without any response
    timer_d: float = field(init=False)  # absorbs retransmitted 300-699; zero on a reliable transport
    timer_e: float = field(init=False)  # first non-INVITE retransmission, doubles up to T2; unreliable transport only
    timer_f: float = field(init=False)  # non-INVITE without a final response
    timer_g: float = field(init=False)  # first retransmission of our 300-699, doubles up to T2; unreliable only
    timer_h: float = field(init=False)  # 300-699 or 2xx without ACK
    timer_i: float = field(init=False)  # absorbs retransmitted ACKs; zero on a reliable transport
    timer_j: float = field(init=False)  # absorbs retransmitted non-INVITE requests; zero on a reliable transport
    timer_k: float = field(init=False)  # absorbs retransmitted non-INVITE responses; zero on a reliable transport
    timer_l: float = field(init=False)  # server INVITE transaction in Accepted (RFC 6026)
    timer_m: float = field(init=False)  # client INVITE transaction in Accepted (RFC 6026)
    timer_c: float = 180.0  # a proxy's; kept as the longest silence between provisionals (RFC 3261 section 16.6)

    def __post_init__(self) -> None:
        if not 0 < self.t1 <= self.t2 or not self.t4 > 0:
            raise ValueError("timers need 0 < T1 <= T2 and T4 > 0")
        for letter in "aeg":
            object.__setattr__(self, f"timer_{letter}", self.t1)
        for letter in "bfhjlm":
            object.__setattr__(self, f"timer_{letter}", 64 * self.t1)
        for letter in "ik":
            object.__setattr__(self, f"timer_{letter}", self.t4)
        # Section 17.1.1.2: at least 32 s on an unreliable transport, because the server's timer H is not ours to know;
        # 64*T1 is the same 32 s at the default T1 and scales where both sides run faster.
        object.__setattr__(self, "timer_d", 64 * self.t1)

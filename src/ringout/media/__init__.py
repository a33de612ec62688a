"""Adapters of the media port: `embedded` is our own engine, `rtpengine` the way to Debian's of that name.

Our own has two sides and a pipe. In the server: `embedded` (the port), `worker_link` (one worker seen from outside: its
process, its port pairs, batches of commands) and `wire` (what is said). In each worker process: `worker` (start),
`loop` (epoll and timers), `call` (the two streams of a call and who hears whom), `stream` (one leg: receiving,
digits), `latch` (from where), `srtp`, `control` (RTCP), `leg_quality`, `sender` (what a leg is sent, as one unbroken
RTP stream), `player` (what is sent by the clock), `sounds` (prompts and tones). `prompts` finds the recordings and is
used on both sides; `sdes` makes the keys that our SDP names.
"""

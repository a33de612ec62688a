"""RTP (RFC 3550), its control protocol, and named telephone events (RFC 4733). Pure: bytes in, values out.

`packet` reads and writes whole packets for phones and tests, and gives the embedded engine the header layout that it
rewrites in place. `telephone_event` reads and makes key presses; `digits` counts a press once whichever way it comes.
`rtcp` makes and reads reports; `reception` counts what they tell of loss and jitter, `e_model` what a
listener makes of it.
"""

"""Session descriptions (RFC 8866) and the offer/answer rules (RFC 3264) for one audio stream. Pure.

`description` reads and writes the text, knowing nothing of codecs; `codecs` names those that we offer; `crypto` and
`carriage` say whether the packets are plain or SRTP, and under which keys. `offer_answer` makes our offer, reads
an answer and answers an offer, and gives back a `Negotiated`: where to send, how to speak, in which direction.
"""

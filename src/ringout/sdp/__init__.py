"""Session descriptions (RFC 8866) and the offer/answer rules (RFC 3264) for one audio stream of G.711. Pure.

`description` reads and writes the text, knowing nothing of codecs. `offer_answer` makes our offer, reads an answer and
answers an offer, and gives back a `Negotiated`: where to send, how to speak, in which direction.
"""

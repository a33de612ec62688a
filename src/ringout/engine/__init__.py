"""The running calls of this node.

node admits, recovers and drains; call drives one domain machine: it turns what SIP and media report into facts and
carries the orders out; leg is our side of one party, one invite session after another until a gateway takes the call,
with its offer/answer. trunks and gateways choose the way out, identity what the phones are shown, records keeps the row
that is stored. Nothing here waits: a turn of the event loop handles one event completely.
"""

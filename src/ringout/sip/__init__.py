"""A SIP user agent (RFC 3261 and its family) as pure machines: bytes, time and ids go in; bytes, deadlines and events
come out.

From the bottom: `grammar` holds what several headers share, `uri` and `header_values` the values with an inner
structure, `headers` and `message` the lazy containers, `parser` and `framing` the way in from datagrams and streams,
`digest` the authentication of RFC 7616. On them stand the transactions, the dialogs and the user agent. Bodies are
opaque bytes: what they mean is the business of `ringout.sdp` and of those who join the two. Nothing here opens a
socket, reads a clock or draws a random number.
"""

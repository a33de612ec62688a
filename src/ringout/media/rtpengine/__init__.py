"""The media port on rtpengine, for fleets and for phones in browsers (DTLS-SRTP and ICE).

`engine` chooses an instance for each call; `instance` knows whether one lives; `client` sends requests and repeats
them; `bencode` is their form and `commands` their contents. In each call `session` is the port, `orders` keeps its
requests in order, `joining` says which offers and answers put two parties together, `gates` who may hear whom,
`descriptions` writes and reads what is offered, `playing` plays what `sounds` has, `watch` finds out who is heard and
who fell silent, `presses` counts a key press once, and `quality` reads what is told at the end. `dtmf_log` hears the
presses of all calls.
"""

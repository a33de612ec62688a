"""The speed of the running server, beside Asterisk's, measured from outside.

The server under test is a process of its own, pinned to the first core; phones, load clients and this program live on
the last core. Nothing here is a test: numbers are printed and written as JSON, never compared with a limit.

    run                 the program: which measures, in which order
    ring_out_server     starts `ringout serve` and places RingOuts by HTTP
    asterisk_server     starts Asterisk with a configuration of ours and places the same calls by AMI
    sipp_phones         the two phones, SIPp, and their own count of what succeeded
    python_phones       two small phones with kernel time stamps: latency and the signalling of the media measure
    open_loop           places calls at a rate on a fixed time-table, whatever the answers do
    api                 GET and POST of a RingOut at full speed, beside plain_server
    silent_server       `ringout serve` whose RingOuts ring nobody, for the measure of the API alone
    plain_server        the yardstick: the least that a JSON API on the same libraries can do
    token_check         what the check of an access token costs inside the server
    storm               what people who log in with passwords do to the calls that are up
    process_tree        processor time and memory of a process and all its descendants, from /proc
    rtp_load.c          a G.711 load generator that times every packet
    http_load.c         HTTP clients that ask as fast as they are answered, and check every answer
"""

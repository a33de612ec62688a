"""The speed of the running server, beside Asterisk's, measured from outside.

The server under test is a process of its own, pinned to the first core; phones, load clients and this program live on
the last core. Nothing here is a test: numbers are printed and written as JSON, never compared with a limit.

    run                 the program: which measures, in which order
    ring_out_server     starts `ringout serve` and places RingOuts by HTTP
    asterisk_server     starts Asterisk with a configuration of ours and places the same calls by AMI
    sipp_phones         the two phones, SIPp, and their own count of what succeeded
    python_phones       two small phones with kernel time stamps: latency and the signalling of the media measure
    open_loop           places calls at a rate on a fixed time-table, whatever the answers do
    process_tree        processor time and memory of a process and all its descendants, from /proc
    rtp_load.c          a G.711 load generator that times every packet
"""

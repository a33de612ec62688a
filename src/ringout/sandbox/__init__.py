"""A small telephone world on loopback: phones that are real SIP user agents with real RTP, each with a personality.

numbers (who there is) -> phones (what a phone does with a call) -> sound (hums, counts, presses keys) run in a process
of their own, phone_process, so that their load never touches the server. world starts that process and ends it;
account keeps the credentials and makes the server's configuration. Nothing here listens on anything but loopback.
"""

"""RingOut: rings your phone, rings theirs, joins the two.

Imports go downward only (import-linter proves it): cli > app > web, engine, media, sandbox, storage > net >
service > domain, sip, sdp, rtp, audio > config, logs. The packages of the last but one row are pure: time and ids
are arguments, nothing in them opens a socket or starts a task.
"""

__version__ = "0.1.0"

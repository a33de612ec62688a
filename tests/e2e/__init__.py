"""Proof of life: the real server as its own process, foreign phones on loopback, and what was on the wire."""

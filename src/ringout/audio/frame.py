"""How audio is cut: a frame is what one packet carries."""

from __future__ import annotations

RATE_HZ = 8000
FRAME_SAMPLES = 160
FRAME_SECONDS = 0.02

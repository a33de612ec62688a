"""The table of the RingOut machine: (state, kind of fact) -> (next state, orders). Pure data.

Its rows are in machine_dialling.py (until both are connected) and machine_endings.py (from there on, and what ends a
RingOut from outside).
"""

from __future__ import annotations

from typing import Final

from ringout.domain.machine_dialling import DIALLING
from ringout.domain.machine_endings import ENDINGS
from ringout.domain.machine_rows import Rows

TABLE: Final = Rows()
TABLE.add_all(DIALLING)
TABLE.add_all(ENDINGS)

"""Adapters of the storage ports.

The schema is SQLAlchemy Core (tables.py), brought up to date by the Alembic migrations in this package. On SQLite one
thread owns the one writing connection (writer.py) and another one reads. RingOuts are written in groups: while one
transaction is on its way to the disk, all newer rows gather for the next, and several states of one RingOut collapse to
the last (ring_outs.py). The statements of the call path are compiled once and run on the bare driver.
"""

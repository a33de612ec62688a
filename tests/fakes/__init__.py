"""Stand-ins for the world: clocks, ids, links, engines, stores."""

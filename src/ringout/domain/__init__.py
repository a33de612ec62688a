"""What a RingOut is: numbers, accounts, rules, the state machine, statuses and errors. Pure: no socket, clock, task,
randomness, log, database or HTTP."""

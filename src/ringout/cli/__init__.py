"""The `ringout` command: serve and sandbox run a server in this process, call, status and cancel talk to one over HTTP.

Each command has a module of its own; what only a server needs is imported when one starts. What goes wrong is one
sentence on standard error and an exit code, see failures.
"""

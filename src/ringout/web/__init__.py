"""The HTTP API, on bare ASGI: one class around everything (edge.py), one table of URLs (routes.py), one file per
resource, and one table that words every refusal (problems.py). Nothing here decides anything about calls.
"""

"""The use cases. They know the domain and the ports (ports.py) and nothing of HTTP, SQL or SIP.

ringouts places, shows and cancels; grants decides who may have a session; tokens keeps the sessions; accounts is the
directory of users; seed fills it from the configuration.
"""

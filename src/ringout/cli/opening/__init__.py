"""`ringout open`: a link with a number becomes a RingOut, once somebody has agreed to it.

command is what happens, in order; target is what the link asks for; terminal and page are two ways to be asked.
"""

"""`ringout handler`: makes `ringout open` the program that this user's links with a number go to.

One module for each kind of desktop, all with the same three verbs (see desktop); commands says what happened. Every
file and key is the user's own: nothing here needs an administrator, and nothing of another program is overwritten.
"""

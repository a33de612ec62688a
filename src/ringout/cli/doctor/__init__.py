"""`ringout doctor`: looks at everything between a click on a link and a phone that rings.

Each module looks at one layer and gives findings; command puts them in order, prints them, and repairs what it can.
"""

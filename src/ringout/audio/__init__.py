"""Sound at 8000 samples a second. Pure.

Linear audio is `array("h")`: signed 16 bit, native order. `g711` turns it to and from mu-law and A-law, `wav` reads and
writes files, `tones` makes call progress and keypad tones, `goertzel` finds tones and keys; `frame` says how long a
packet's piece of it is.
"""

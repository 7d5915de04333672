"""The messages' bodies: what one service promises to the other, and to programs outside.

A contract only ever grows: new fields are optional, and a reader ignores those that it doesn't know.
"""

"""``saring web``: one local page to search the index, read articles, and see what cleaning removed and why.

Server-rendered, loopback by default, without a build step and without requests to anywhere else.
"""

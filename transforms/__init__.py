"""Pure text transformations: raw bytes in, clean documents and reasons out.

Nothing here knows Prefect, Whoosh, SQL, the clock or the network, and nothing keeps state between documents: the same
input gives the same output in any process, on any machine, in any order.
"""

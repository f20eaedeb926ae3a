"""The local HTTP service: requests in, service verbs on the pump's thread, JSON, HTML and events out.

Everything that touches the service (``desk``, ``ledger``, ``progress``) runs on the pump's thread; everything that
touches a socket runs on the HTTP thread. ``server`` ties the two together. Not here: what a verb does.
"""

"""Paper and screen: a Snapshot and a specification in, bytes or HTML out.

This package knows how a division is drawn. It never reaches the database or the
use cases of ``boundaries``; it imports ``boundaries`` values and ``geo``.
"""

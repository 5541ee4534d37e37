"""The demo town: an invented Chinese town, the same bit for bit from the same seed.

It knows the model and, to write the files an office would have, the exchange of
files; it knows nothing of the database.
"""

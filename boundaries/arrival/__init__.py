"""What comes in, beside what stands: matched by key, given its parent, compared.

Pure: it takes parsed rows and a Snapshot and gives values, refusals and notes; it
knows no database.
"""

"""Use cases, one function each: they take a session and never commit."""

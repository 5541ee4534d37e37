"""Answering look-ups, one point or many, from the index in memory."""

"""Comparisons of speed and memory with other ways to do the same; see README.md. No tests."""

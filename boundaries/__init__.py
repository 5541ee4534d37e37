"""The plan: areas, micro-grids, premises, people, and the rules between them.

Rules are pure; SQL stands only in ``store``; ``services`` holds one function per
use case. This package imports ``geo`` and nothing above itself.
"""

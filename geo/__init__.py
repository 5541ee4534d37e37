"""Planar geometry: arrays and shapely shapes in, values out.

This package knows shapes and coordinates. It does no input or output and knows
no database, no web, no settings and no clock; it says "cell" where the plan
says micro-grid. It imports nothing from the packages above it.
"""

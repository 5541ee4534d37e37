"""A draft as a GeoPackage that is edited in QGIS, and what comes back of it."""

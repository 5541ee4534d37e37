"""The plan in PostGIS: engine, tables, queries. The only package with SQL."""

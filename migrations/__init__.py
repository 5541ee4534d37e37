"""The steps that make and change the tables; nobody imports this package."""

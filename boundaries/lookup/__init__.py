"""Which grid a point, or premises, are in: answered from a plan in memory."""

"""A believable invented town, correct and with honest defects, for trying everything on."""

"""What goes in and out over HTTP, as it is documented; no rules of the plan."""

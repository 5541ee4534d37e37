"""One file a step, named by its day; released steps are never edited."""

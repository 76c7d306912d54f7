"""Who did what: an append-only log whose lines are chained, and whose heads are signed."""

"""Avatar Guard: verifies who drives the face of every participant of a call."""

"""Who asks, and on whose behalf."""

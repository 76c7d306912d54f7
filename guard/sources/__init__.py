"""Sources: calls, streams and files that the service goes and fetches by itself."""

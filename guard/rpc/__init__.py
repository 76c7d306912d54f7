"""The gRPC services of proto/guard/v1."""

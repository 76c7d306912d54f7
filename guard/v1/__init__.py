"""Messages and stubs generated from proto/guard/v1 by `make proto`."""

"""The network of the paper: F5C features, their differences and the temporal head."""

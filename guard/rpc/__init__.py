"""The gRPC services of proto/guard/v1."""

import os

# gRPC's C core writes to stderr past our log. What it fails at is raised as well, and told in one line.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

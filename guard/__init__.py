"""Avatar Guard: verifies who drives the face of every participant of a call."""

import os

# onnxruntime's wheels report usage to their maker from the moment they are loaded; a guard of calls reports nothing.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

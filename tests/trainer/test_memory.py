"""What the C library is told."""

import subprocess
import sys


def test_glibc_accepts_the_settings_in_a_process_of_its_own() -> None:
    # In a process of its own: the settings stay until it ends.
    code = "from trainer.memory import keep_freed_memory; print(keep_freed_memory())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("True", "False")
    if sys.platform == "linux":
        assert done.stdout.strip() == "True"

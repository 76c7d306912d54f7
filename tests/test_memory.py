"""How many heaps the C library keeps, in a process of its own: the limit holds until that ends."""

import subprocess
import sys

HEAPS = """
import ctypes, re, sys, threading
from guard.memory import keep_flat

if sys.argv[1] == "limited":
    assert keep_flat()
barrier = threading.Barrier(9)

def touch():
    kept = ctypes.CDLL(None).malloc(100)
    barrier.wait()

threads = [threading.Thread(target=touch) for _ in range(8)]
for thread in threads:
    thread.start()
barrier.wait()
ctypes.CDLL(None).malloc_stats()
"""


def heaps(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", HEAPS, how], stderr=subprocess.PIPE, text=True, check=True)
    return done.stderr.count("Arena ")


def test_threads_share_two_heaps() -> None:
    assert heaps("as it is") > 2
    assert heaps("limited") == 2

"""Plays the demo and keeps its last picture for the README: python docs/picture.py SEED docs/demo.svg"""

import asyncio
import io
import sys

from rich.console import Console

from guard.demo.play import play
from guard.demo.screen import LiveScreen


def main(seed: int, path: str) -> int:
    """Save the table as it stood at the end; the exit code is the demo's."""
    with LiveScreen(Console(), seed) as screen:
        code = asyncio.run(play(seed, screen))
    paper = Console(file=io.StringIO(), width=112, record=True, force_terminal=True, color_system="truecolor")
    paper.print(screen.render())
    paper.save_svg(path, title="make demo")
    return code


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2]))

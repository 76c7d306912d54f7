"""A call on this machine with two avatars, one of whom changes its driver: `guard demo`."""

from guard.demo.play import run

__all__ = ["run"]

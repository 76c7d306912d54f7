"""One rendering: a generator with the artefacts and the channel of one clip."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.data.world.artefacts import Artefacts
from trainer.data.world.channel import Channel
from trainer.data.world.places import face_places
from trainer.data.world.render import Generator, sources

Alter = Callable[[Channel], Channel]
"""Fixes a factor of drawn channels, for a table by that factor; the other factors stay as they were drawn."""


def as_drawn(channel: Channel) -> Channel:
    """Alters nothing."""
    return channel


@dataclass(frozen=True, eq=False)
class Rendering:
    """What turns a performance into a clip."""

    generator: Generator
    artefacts: Artefacts
    channel: Channel

    @classmethod
    def drawn(
        cls, rng: np.random.Generator, generator: Generator, strength: float = 1.0, alter: Alter = as_drawn
    ) -> "Rendering":
        """Artefacts and channel of up to `strength` (0 to 1), the channel altered."""
        strength *= float(rng.uniform(0.3, 1.0))
        artefacts = Artefacts.drawn(rng, generator.family, strength)
        return cls(generator, artefacts, alter(Channel.drawn(rng, strength)))

    @staticmethod
    def frames_needed(frames: int) -> int:
        """How many frames of performance make a clip of `frames`, whatever is drawn."""
        return Channel.frames_needed(frames)

    def clip(self, rng: np.random.Generator, performance: NDArray[np.float32], frames: int) -> NDArray[np.uint8]:
        """(frames, 128, 128) of a performance (n, 478, 3) with n = `frames_needed(frames)`."""
        return self._shown(rng, performance, frames)[0]

    def scene(
        self, rng: np.random.Generator, performance: NDArray[np.float32], frames: int, shape: NDArray[np.float32]
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """A clip and its places (frames, 8, 16, 16); `shape` is the prior's: see `face_places`."""
        clip, at = self._shown(rng, performance, frames)
        return clip, face_places(self.generator.face, shape, at)

    def places(
        self, rng: np.random.Generator, performance: NDArray[np.float32], frames: int, shape: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Places (frames, 8, 16, 16) of such a scene alone, in a fifth of the time: no picture is made."""
        return face_places(self.generator.face, shape, self._watched(rng, performance, frames).at)

    def landmarks(self, rng: np.random.Generator, performance: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
        """Where the landmarks of a clip are, exactly: (frames, 478, 2) in sides of the face's picture.

        The same `rng` gives those of `clip`. They are where the generator was told to move them, before its warp, which
        may smooth them away; the camera, a similarity, is left out.
        """
        moved = self._played(rng, performance, frames)[self.channel.on_grid(frames), :, :2]
        return np.asarray(self.generator.face.landmarks + moved @ self.generator.axes.T, np.float32)

    def _played(self, rng: np.random.Generator, performance: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
        """Displacement (n, 478, 3) of the source frames; first to draw, so that landmarks need no pictures."""
        return self.channel.played(self.artefacts.read(rng, performance), frames)

    def _shown(
        self, rng: np.random.Generator, performance: NDArray[np.float32], frames: int
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """A clip and where in the face's picture its cells come from, (frames, GRID, GRID, 2)."""
        watched = self._watched(rng, performance, frames)
        pictures = self.generator.painted(watched.sources, watched.lips, watched.camera)
        pictures = self.artefacts.softened(pictures, watched.sources)
        return self.channel.seen(rng, pictures)[watched.slots], watched.at

    def _watched(self, rng: np.random.Generator, performance: NDArray[np.float32], frames: int) -> "Watched":
        """What is seen where, before any of it is painted."""
        played = self._played(rng, performance, frames)
        camera = self.channel.camera(rng, len(played))
        moved = self.generator.warp.moved(played)
        seen = sources(self.artefacts.torn(rng, moved.cells), camera)
        return Watched(seen, moved.lips, camera, self.channel.on_grid(frames))


@dataclass(frozen=True, eq=False)
class Watched:
    """Of each source frame: where in the face's picture its cells come from, the lips, the camera."""

    sources: NDArray[np.float32]
    lips: NDArray[np.float32]
    camera: NDArray[np.float32]
    slots: NDArray[np.int64]
    """Which source frames fill the grid."""

    @property
    def at(self) -> NDArray[np.float32]:
        """(frames, GRID, GRID, 2) of the frames on the grid."""
        return self.sources[self.slots]

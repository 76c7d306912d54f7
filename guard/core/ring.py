"""The newest rows of something that arrives row by row, in memory that is allocated once."""

from typing import Generic, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

Item = TypeVar("Item", bound=np.generic)


class Ring(Generic[Item]):
    """Keeps the newest `capacity` rows of shape `shape`; `len()` counts the rows since the last `clear`."""

    def __init__(self, capacity: int, shape: tuple[int, ...], dtype: DTypeLike) -> None:
        self._rows: NDArray[Item] = np.zeros((capacity, *shape), dtype)
        # Rows pushed since the last clear; row number n lies at n modulo capacity.
        self._pushed = 0

    def __len__(self) -> int:
        return self._pushed

    def push(self, row: NDArray[Item] | float) -> None:
        """Copy `row` in, over the oldest."""
        self._rows[self._pushed % len(self._rows)] = row
        self._pushed += 1

    def newest(self, count: int) -> NDArray[Item]:
        """The newest `count` rows, (count, *shape), oldest first, as a copy."""
        self._check(count)
        return self._rows[np.arange(self._pushed - count, self._pushed) % len(self._rows)]

    def back(self, steps: int) -> NDArray[Item]:
        """The row pushed `steps` pushes before the newest, (*shape), as a view that the next pushes may overwrite."""
        self._check(steps + 1)
        row: NDArray[Item] = self._rows[(self._pushed - 1 - steps) % len(self._rows)]
        return row

    def clear(self) -> None:
        """Forget all rows."""
        self._pushed = 0

    def _check(self, count: int) -> None:
        if not 0 <= count <= min(self._pushed, len(self._rows)):
            raise AssertionError(f"{count} rows were asked for, {self._pushed} came, {len(self._rows)} are kept")

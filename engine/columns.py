"""Columns of numbers that grow a row at a time: as easy to use as lists, as small as arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, overload

import numpy as np

_FIRST = 16  # rows; many runs that are found are no longer


class Column:
    """Rows of one shape and type: ``append``, ``len``, ``column[-1]``, slices, an array where one is wanted.

    Memory is at most twice that of the rows. dtype and shape are those of one row.
    """

    def __init__(self, dtype: Any, shape: tuple[int, ...] = ()) -> None:
        self._data = np.empty((0, *shape), dtype=dtype)
        self._length = 0

    @classmethod
    def of(cls, rows: np.ndarray) -> Column:
        """A column that begins with the rows of an array (N, ...), which it shares until it grows."""
        column = cls(rows.dtype, rows.shape[1:])
        column._data, column._length = rows, len(rows)
        return column

    @property
    def array(self) -> np.ndarray:
        """(N, ...) the rows so far, not copied."""
        return self._data[: self._length]

    def append(self, row: Any) -> None:
        """One more row. Raises ValueError for another shape."""
        if self._length == len(self._data):
            larger = np.empty((max(_FIRST, 2 * self._length), *self._data.shape[1:]), dtype=self._data.dtype)
            larger[: self._length] = self._data
            self._data = larger
        self._data[self._length] = row
        self._length += 1

    def extend(self, rows: np.ndarray) -> None:
        """More rows (M, ...)."""
        wanted = self._length + len(rows)
        if wanted > len(self._data):
            larger = np.empty((max(wanted, 2 * self._length), *self._data.shape[1:]), dtype=self._data.dtype)
            larger[: self._length] = self.array
            self._data = larger
        self._data[self._length : wanted] = rows
        self._length = wanted

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, which: int) -> Any: ...
    @overload
    def __getitem__(self, which: slice) -> Column: ...
    def __getitem__(self, which: int | slice) -> Any:
        if isinstance(which, slice):
            return Column.of(self.array[which])
        return self.array[which]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.array)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.array, dtype=dtype, copy=True) if copy else np.asarray(self.array, dtype=dtype)

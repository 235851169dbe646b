"""One decorator on one small dataclass adds a data set, an activation, a loss, an optimizer.

A registered class is found by the name that experiment files use; its fields, declared with `engine.fields`,
are the keys in the file, the rows of the form and the cases of parametrized tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from engine.errors import LabError, nearest

T = TypeVar("T")


class Registry(Generic[T]):
    """The classes of one kind, by name, in the order in which they were registered."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._by_name: dict[str, type[T]] = {}
        self._name_of: dict[type[T], str] = {}

    def register(self, name: str) -> Callable[[type[T]], type[T]]:
        """Return the decorator that makes a class known as `name`."""

        def add(cls: type[T]) -> type[T]:
            if name in self._by_name:
                raise ValueError(f"{self.kind} {name!r} is registered twice")
            self._by_name[name] = cls
            self._name_of[cls] = name
            return cls

        return add

    def __getitem__(self, name: str) -> type[T]:
        try:
            return self._by_name[name]
        except KeyError:
            raise LabError(f"there is no {self.kind} {name!r}", nearest(name, self._by_name)) from None

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def name_of(self, item: T) -> str:
        """Return the registered name of an instance."""
        return self._name_of[type(item)]

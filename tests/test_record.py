"""The cheaper NamedTuple behaves as that of `typing`."""

import copy
import pickle
import typing
from typing import Any

import pytest

from kvlint import record


class Ours(record.NamedTuple):
    """A point."""

    x: int
    y: "str"
    tags: tuple[str, ...] = ()
    named: "Ours | None" = None

    @property
    def twice(self) -> int:
        """Double."""
        return self.x * 2

    def moved(self, by: int) -> "Ours":
        return self._replace(x=self.x + by)


class Theirs(typing.NamedTuple):
    """A point."""

    x: int
    y: "str"
    tags: tuple[str, ...] = ()
    named: "Theirs | None" = None


CALLS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((1, "a"), {}),
    ((1, "a", ("b",)), {}),
    ((1, "a", ("b",), None), {}),
    ((1,), {"y": "a"}),
    ((), {"y": "a", "x": 1}),
    ((1, "a"), {"named": None}),
    ((1, "a"), {"tags": ("b",)}),
]
WRONG: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((), {}),
    ((1,), {}),
    ((1, "a", (), None, 5), {}),
    ((1, "a"), {"x": 1}),
    ((1, "a"), {"z": 1}),
    ((), {"y": "a"}),
]


@pytest.mark.parametrize(("values", "named"), CALLS)
def test_made_as_by_typing(values: tuple[Any, ...], named: dict[str, Any]) -> None:
    ours, theirs = Ours(*values, **named), Theirs(*values, **named)
    assert tuple(ours) == tuple(theirs)
    assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
    assert ours._asdict() == theirs._asdict()
    assert hash(ours) == hash(theirs)


@pytest.mark.parametrize(("values", "named"), WRONG)
def test_refused_as_by_typing(values: tuple[Any, ...], named: dict[str, Any]) -> None:
    for made in (Ours, Theirs):
        with pytest.raises(TypeError):
            made(*values, **named)


def test_the_rest() -> None:
    one = Ours(1, "a")
    assert (one.x, one.y, one.tags, one.named, one.twice) == (1, "a", (), None, 2)
    assert one.moved(2) == Ours(3, "a") == one._replace(x=3)
    assert Ours._make([1, "a", (), None]) == one
    assert (Ours._fields, Ours._field_defaults) == (Theirs._fields, Theirs._field_defaults)
    assert (Ours.__doc__, Ours.__name__, Ours.__module__) == ("A point.", "Ours", __name__)
    assert pickle.loads(pickle.dumps(one)) == copy.copy(one) == copy.deepcopy(one) == one
    assert type(pickle.loads(pickle.dumps(one))) is Ours
    match one:
        case Ours(x, y):
            assert (x, y) == (1, "a")
    with pytest.raises(AttributeError):
        setattr(one, "x", 2)  # noqa: B010
    with pytest.raises(ValueError, match="'z'"):
        one._replace(**{"z": 1})  # noqa: PIE804
    with pytest.raises(TypeError):
        Ours._make([1])
    with pytest.raises(AttributeError):
        setattr(one, "other", 1)  # noqa: B010

"""`NamedTuple` as in `typing`, cheaper: most of what a clean run imports is classes it never makes an instance of.

`typing.NamedTuple` compiles code for each class. Without that the seventy classes of a run cost five milliseconds less,
half of the start of a bare interpreter. From Python 3.14 on annotations are read lazily, by `typing` itself."""

import sys

TYPE_CHECKING = False

if TYPE_CHECKING or sys.version_info >= (3, 14):
    from typing import NamedTuple as NamedTuple
else:
    from _collections import _tuplegetter

    def _make(name, fields, defaults):
        tail = tuple(defaults.values())
        size = len(fields)
        new = tuple.__new__

        def __new__(cls, *values, **named):
            given = len(values)
            if named or given > size or given + len(tail) < size:
                return new(cls, _arranged(name, fields, defaults, values, named))
            return new(cls, values if given == size else values + tail[given - size :])

        return __new__

    def _arranged(name, fields, defaults, values, named):
        """The values of all fields, as a call gives them."""
        if len(values) > len(fields):
            raise TypeError(f"{name}() takes {len(fields)} values but {len(values)} were given")
        made = list(values)
        for field in fields[len(values) :]:
            if field in named:
                made.append(named.pop(field))
            elif field in defaults:
                made.append(defaults[field])
            else:
                raise TypeError(f"{name}() lacks the value of {field!r}")
        if named:
            raise TypeError(f"{name}() got an unexpected or repeated value {next(iter(named))!r}")
        return made

    def _replace(self, /, **named):
        """A copy with other values for some fields."""
        made = tuple.__new__(
            type(self), [named.pop(field, value) for field, value in zip(self._fields, self, strict=True)]
        )
        if named:
            raise ValueError(f"{type(self).__name__} has no field {next(iter(named))!r}")
        return made

    def _made_of(cls, values):
        """An instance with these values for all fields."""
        made = tuple.__new__(cls, values)
        if len(made) != len(cls._fields):
            raise TypeError(f"{cls.__name__} has {len(cls._fields)} fields, not {len(made)}")
        return made

    def _plain(self):
        """The values, for copies and pickles."""
        return tuple(self)

    def _asdict(self):
        """The fields and their values."""
        return dict(zip(self._fields, self, strict=True))

    def _repr(self):
        fields = ", ".join(f"{field}={value!r}" for field, value in zip(self._fields, self, strict=True))
        return f"{type(self).__name__}({fields})"

    class _Meta(type):
        def __new__(meta, name, bases, namespace):
            fields = tuple(namespace.get("__annotations__", ()))
            defaults = {field: namespace.pop(field) for field in fields if field in namespace}
            body = {
                "__slots__": (),
                "__match_args__": fields,
                "__new__": _make(name, fields, defaults),
                "__repr__": _repr,
                "__getnewargs__": _plain,
                "_fields": fields,
                "_field_defaults": defaults,
                "_make": classmethod(_made_of),
                "_replace": _replace,
                "_asdict": _asdict,
            }
            for index, field in enumerate(fields):
                body[field] = _tuplegetter(index, None)
            return type(name, (tuple,), {**body, **namespace})

    class _Base:
        """Stands for `NamedTuple` among the bases of a class, and is replaced by what makes the class."""

        def __mro_entries__(self, bases):
            return (_Template,)

    _Template = type.__new__(_Meta, "_Template", (), {})
    NamedTuple = _Base()

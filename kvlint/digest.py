"""SHA-256 for names that only have to differ; `hashlib` would load OpenSSL, a fifth of a bare interpreter's start."""

from __future__ import annotations

from functools import cache

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any


def sha256(data: bytes) -> str:
    """The digest of `data` in hexadecimal."""
    digest: str = _function()(data).hexdigest()
    return digest


@cache
def _function() -> Any:
    from importlib import import_module

    for module in ("_sha2", "_sha256", "hashlib"):  # Python 3.12 and later, 3.11, an interpreter without either
        try:
            return import_module(module).sha256
        except ImportError:
            continue
    raise ImportError("this Python has no SHA-256")

"""Digests for names that only have to differ; `hashlib` would load OpenSSL, a fifth of a bare interpreter's start."""

from __future__ import annotations

from functools import cache

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any


def sha256(data: bytes) -> str:
    """The SHA-256 digest of `data` in hexadecimal."""
    digest: str = _function("sha256", "_sha2", "_sha256")(data).hexdigest()  # Python 3.12 and later, 3.11
    return digest


def blake2(data: bytes | memoryview) -> str:
    """The BLAKE2b digest of `data`, 160 bits in hexadecimal: of whole files a third of the work of SHA-256."""
    digest: str = _function("blake2b", "_blake2")(data, digest_size=20).hexdigest()
    return digest


@cache
def _function(name: str, *modules: str) -> Any:
    from importlib import import_module

    for module in (*modules, "hashlib"):  # at last an interpreter without its own
        try:
            return getattr(import_module(module), name)
        except ImportError:
            continue
    raise ImportError("this Python has no digests")

"""The shim, for every test here."""

from .shim import shim

__all__ = ["shim"]

"""kvlint: a linter for Kubernetes storage manifests."""

__version__ = "0.1.0"

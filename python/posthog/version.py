"""The version of the package."""

VERSION = "7.91.1+hogback.0.1.0"
"""The official API level this package is compatible with, and its own version as the local label (PEP 440)."""

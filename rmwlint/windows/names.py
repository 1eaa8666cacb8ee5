"""What the name of a column says of its purpose. A name suggests, no more."""

from __future__ import annotations

_VERSIONS = frozenset(["version", "revision", "generation", "etag", "revision_number", "lock_version"])
_VERSION_ENDINGS = ("_version", "_revision", "_generation", "_etag")
_TIMES = frozenset(["updated", "modified", "last_modified", "changed", "timestamp", "mtime", "last_change"])
_TIME_ENDINGS = ("_at", "_modified", "_timestamp", "_time", "_updated")


def is_version(column: str | None) -> bool:
    """Whether a column counts the changes of its row."""
    name = (column or "").strip("_").lower()
    return name in _VERSIONS or name.endswith(_VERSION_ENDINGS)


def is_timestamp(column: str | None) -> bool:
    """Whether a column holds the time of a change."""
    name = (column or "").strip("_").lower()
    return name in _TIMES or name.endswith(_TIME_ENDINGS)

"""What the name of a column says of its purpose. A name suggests, no more."""

from __future__ import annotations

_VERSIONS = frozenset(["version", "revision", "generation", "etag", "revision_number", "lock_version"])
_VERSION_ENDINGS = ("_version", "_revision", "_generation", "_etag")
_TIMES = frozenset(["updated", "modified", "last_modified", "changed", "timestamp", "mtime", "last_change"])
_TIME_ENDINGS = ("_at", "_modified", "_timestamp", "_time", "_updated")


_MAKERS = ("create", "register", "import")
#: states in which things wait for whoever comes first
_RESTING = frozenset(
    [
        "pending",
        "waiting",
        "running",
        "existing",
        "missing",
        "processing",
        "working",
        "outstanding",
        "awaiting",
    ]
)


def is_version(column: str | None) -> bool:
    """Whether a column counts the changes of its row."""
    name = (column or "").strip("_").lower()
    return name in _VERSIONS or name.endswith(_VERSION_ENDINGS)


def is_timestamp(column: str | None) -> bool:
    """Whether a column holds the time of a change."""
    name = (column or "").strip("_").lower()
    return name in _TIMES or name.endswith(_TIME_ENDINGS)


def is_latest_time(column: str | None) -> bool:
    """Whether a column holds the time of the latest of something: the second writes the same, or later."""
    return is_timestamp(column) or (column or "").startswith("last_")


def is_passing(state: str) -> bool:
    """Whether a state says that an operation is under way (``deleting``), which its owner alone ends."""
    name = state.rpartition(".")[2].strip("_").lower().replace("-", "_")
    first, _, rest = name.partition("_")
    if name in _RESTING or first in _RESTING:
        return False
    return name.endswith("ing") or (first.endswith("ing") and bool(rest))


def is_at_work(state: str) -> bool:
    """Whether a state says that somebody is at work (``processing``), or waits for it."""
    return state.rpartition(".")[2].strip("_").lower().endswith("ing")


def starts_up(function: str) -> bool:
    """Whether a function's name says that it runs while its process starts, before it answers anybody."""
    return function == "__init__" or function.startswith("init_")


def is_maker(function: str) -> bool:
    """Whether a qualified name says that rows are made there, not changed."""
    own = function.rpartition(".")[2].lower()
    return "update" not in own and any(word in function.lower() for word in _MAKERS)


def makes_it(function: str, name: str) -> bool:
    """Whether a function says by its name that it makes what a variable's name says: ``create_volume`` and
    ``volume``."""
    return name.isidentifier() and f"_create_{name.lower()}_" in f"_{function.lower()}_"


def is_id(name: str | None) -> bool:
    """Whether a name is that of an object's identity."""
    own = (name or "").strip("_").lower()
    return own in ("id", "uuid", "pk", "guid") or own.endswith(("_id", "_uuid"))

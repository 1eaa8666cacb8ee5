"""Which examples of checks are executed by two actors, on what, and whose fixes with them.

The tests hold this to what they do: every row is executed, and whatever is executed has a row.
"""

from __future__ import annotations

from typing import NamedTuple

#: What holds the place when it is a library's.
_HELD_BY = {"files": "a disk", "redis-py": "Redis", "requests": "a web server"}


class Executed(NamedTuple):
    """One Bad example of a check, counted from 1, and the Good one that belongs to it.

    ``library`` is what it is written with (``files``: the standard library). ``rewrites`` are those that mend
    it: what they make of it is executed too, and loses nothing either.
    """

    code: str
    library: str
    example: int
    rewrites: tuple[str, ...] = ()

    @property
    def on(self) -> str:
        """The real thing that holds the place while two actors run."""
        return _HELD_BY.get(self.library, "PostgreSQL")


EXECUTED = (
    Executed("RMW101", "oslo.versionedobjects", 1, ("expect_state",)),
    Executed("RMW102", "oslo.versionedobjects", 1, ("expect_old_state",)),
    Executed("RMW103", "oslo.versionedobjects", 1, ("guard_before_return",)),
    Executed(
        "RMW104",
        "Django",
        1,
        (
            "compute_in_database",
            "lock_row",
        ),
    ),
    Executed(
        "RMW104",
        "SQLAlchemy",
        2,
        (
            "compute_by_column",
            "lock_row",
        ),
    ),
    Executed("RMW105", "Django", 1, ("lock_row",)),
    Executed("RMW105", "SQLAlchemy", 2, ("lock_row",)),
    Executed("RMW106", "Django", 1, ("write_carries_test", "lock_row")),
    Executed("RMW106", "SQLAlchemy", 2, ("lock_row",)),
    Executed("RMW107", "Django", 1),
    Executed("RMW108", "Django", 1),
    Executed("RMW109", "SQLAlchemy", 1),
    Executed("RMW110", "Django", 1),
    Executed("RMW110", "Django", 2),
    Executed("RMW110", "Django", 3),
    Executed("RMW201", "SQLAlchemy", 1),
    Executed("RMW202", "Django", 1, ("save_changed_columns",)),
    Executed("RMW305", "Django", 1, ("open_transaction",)),
    Executed("RMW306", "Django", 1),
    Executed("RMW306", "SQLAlchemy", 2),
    Executed("RMW308", "Django", 1),
    Executed("RMW308", "Django", 2),
    Executed("RMW309", "Django", 1),
    Executed("RMW402", "files", 1, ("share_lock",)),
    Executed("RMW403", "files", 1),
    Executed("RMW406", "files", 1, ("tolerate_path",)),
    Executed("RMW407", "files", 1),
    Executed("RMW407", "files", 2, ("replace_in_one_step",)),
    Executed("RMW501", "Django", 1),
    Executed("RMW502", "Django", 1),
    Executed("RMW503", "Django", 1),
    Executed("RMW504", "Django", 1),
    Executed("RMW505", "Django", 1),
    Executed("RMW601", "redis-py", 1, ("count_in_store",)),
    Executed("RMW605", "requests", 1),
    Executed("RMW606", "redis-py", 1),
)

"""One module a codemod. The order is the order in which they are tried on one violation."""

from __future__ import annotations

import importlib

from rmwlint.fix.rewrite import Rewrite

IN_ORDER = (
    "compute_in_database",
    "compute_by_column",
    "write_carries_test",
    "lock_row",
    "open_transaction",
    "save_changed_columns",
    "write_changed_columns",
    "get_or_create",
    "enqueue_after_commit",
    "tolerate_path",
    "create_exclusively",
    "replace_in_one_step",
    "expect_state",
    "expect_old_state",
    "guard_before_return",
    "share_lock",
    "reach_other_processes",
    "read_under_lock",
    "merge_holds",
    "one_step_on_mapping",
    "count_in_store",
    "claim_in_store",
    "change_in_document",
)


def rewrites() -> tuple[Rewrite, ...]:
    """All rewrites, in order."""
    found = []
    for name in IN_ORDER:
        rewrite = importlib.import_module(f"{__name__}.{name}").rewrite
        assert isinstance(rewrite, Rewrite)
        found.append(rewrite)
    return tuple(found)


def rewrites_of(code: str) -> tuple[Rewrite, ...]:
    """The rewrites for violations of a code, in order."""
    return tuple(rewrite for rewrite in rewrites() if code in rewrite.codes)

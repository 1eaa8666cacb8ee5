"""Which files are tests or migrations, by their names.

They are left out when a folder is walked: tests race on purpose or never, and a migration runs
once, alone.
"""

from __future__ import annotations

import os
import re

_TEST_FOLDERS = frozenset({"test", "testing", "testsuite", "unittests", "e2etests", "functionaltests"}) | {
    *("itest", "itests"),  # of the whole
    *("test_utils", "test_helpers", "test_support", "testutils"),  # what only tests use
}
#: the word, in a longer name too; not its singular (``speed_test`` may be what a service does)
_TESTS = re.compile(r"(^|[_-])tests([_-]|$)")
_MIGRATION_FOLDERS = frozenset({"migrations", "migrations_old", "migrate_repo"})


def is_test_folder(name: str) -> bool:
    """Whether a folder of this name holds tests."""
    return name in _TEST_FOLDERS or _TESTS.search(name) is not None


def is_test_file(name: str) -> bool:
    """Whether a file of this name is a test or serves only tests."""
    return (
        name.startswith("test_")
        or name.endswith("_test.py")
        or name in ("conftest.py", "test.py", "tests.py")
    )


def is_migration_folder(path: str) -> bool:
    """Whether a folder holds schema migrations: by its name, or as the versions of an Alembic environment."""
    folder, name = os.path.split(path)
    if name in _MIGRATION_FOLDERS or name.endswith("_migrations"):
        return True
    if name != "versions":
        return False
    return os.path.basename(folder) == "alembic" or os.path.exists(os.path.join(folder, "script.py.mako"))

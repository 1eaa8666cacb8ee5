from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fix.conftest import Rewritten

Fixed = Callable[..., Rewritten]


def indented(text: str) -> str:
    return "".join(f"    {line}\n" if line else "\n" for line in text.split("\n"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "if not os.path.isdir(path):\n    os.makedirs(path)",
            "os.makedirs(path, exist_ok=True)",
        ),
        (
            "# one\nif not os.path.isdir(path):\n    # two\n    os.makedirs(path, 0o755)  # three",
            "# one\n# two\nos.makedirs(path, 0o755, exist_ok=True)  # three",
        ),
        (
            "if not os.path.exists(path):\n    os.makedirs(path)",
            "if not os.path.exists(path):\n    os.makedirs(path, exist_ok=True)",
        ),
        (
            "if not os.path.isdir(path):\n    print(path)\n    os.makedirs(path)",
            "if not os.path.isdir(path):\n    print(path)\n    os.makedirs(path, exist_ok=True)",
        ),
        (
            "if not os.path.isdir(path):  # why\n    os.makedirs(path)",
            "if not os.path.isdir(path):  # why\n    os.makedirs(path, exist_ok=True)",
        ),
    ],
)
def test_folders(assert_fixed: Fixed, before: str, after: str) -> None:
    head = "import os\n\n\ndef make(path):\n"
    found = assert_fixed(head + indented(before), head + indented(after), safe_only=True)
    assert found.applicabilities == ["safe"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "if os.path.exists(path):\n    os.remove(path)  # gone",
            "with contextlib.suppress(FileNotFoundError):\n    os.remove(path)  # gone",
        ),
        (
            "if path and os.path.exists(path):\n    os.unlink(path)",
            "if path and os.path.exists(path):\n"
            "    with contextlib.suppress(FileNotFoundError):\n        os.unlink(path)",
        ),
        (
            "if os.path.isfile(path):\n    os.remove(path)",
            "if os.path.isfile(path):\n    with contextlib.suppress(FileNotFoundError):\n        os.remove(path)",
        ),
        (
            "if os.path.exists(path):\n    # first\n    os.remove(path)\n    print(path)",
            "if os.path.exists(path):\n    # first\n    with contextlib.suppress(FileNotFoundError):\n"
            "        os.remove(path)\n    print(path)",
        ),
        (
            "if not os.path.exists(path):\n    os.mkdir(path)",
            "with contextlib.suppress(FileExistsError):\n    os.mkdir(path)",
        ),
    ],
)
def test_suppressed(assert_fixed: Fixed, before: str, after: str) -> None:
    body = "import os\n\n\ndef forget(path):\n"
    found = assert_fixed(
        body + indented(before), "import contextlib\n" + body + indented(after), safe_only=True
    )
    assert found.applicabilities == ["safe"]


def test_pathlib(assert_fixed: Fixed) -> None:
    code = """
from pathlib import Path


def turn(old: Path, new: Path):
    {}
    {}
"""
    assert_fixed(
        code.format(
            "if old.exists():\n        old.unlink()", "if not new.is_dir():\n        new.mkdir(parents=True)"
        ),
        code.format("old.unlink(missing_ok=True)", "new.mkdir(parents=True, exist_ok=True)"),
        safe_only=True,
    )


def test_rmtree_is_unsafe(assert_fixed: Fixed) -> None:
    code = "import shutil\nfrom contextlib import suppress\nfrom os import path\n\n\ndef forget(tree):\n    with suppress(ValueError):\n        print(tree)\n    {}:\n        shutil.rmtree(tree)\n"
    found = assert_fixed(code.format("if path.exists(tree)"), code.format("with suppress(FileNotFoundError)"))
    assert found.applicabilities == ["unsafe"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("if os.path.exists(os.path.join(path, 'stale')):\n        shutil.rmtree(path)", "more than whether"),
        ("if os.path.exists(path): os.remove(path)", "line of its own"),
        ("if os.path.exists(path):\n        os.remove(path); print(path)", "line of its own"),
        ("if os.path.exists(path):\n        return os.remove(path)", "is used"),
        ("if os.path.exists(path):\n        return path\n    os.mkdir(path)", "something else happens"),
        (
            "if path:\n        if os.path.exists(path):\n            return None\n        os.mkdir(path)",
            "something else happens",
        ),
        ("if not os.path.exists(path):\n        return path\n    os.remove(path)", "something else"),
        ("if os.path.exists(path):\n        os.remove(path)\n    else:\n        print(path)", "something"),
    ],
)
def test_left(rewritten: Fixed, body: str, reason: str) -> None:
    code = f"import os\nimport shutil\n\n\ndef forget(path):\n    {body}\n"
    found = rewritten(code)
    assert found.text == code
    assert reason in " ".join(found.reasons)


def test_a_name_that_is_taken(assert_left: Fixed) -> None:
    assert_left(
        """
import os


def forget(path, contextlib):
    if os.path.exists(path):
        os.remove(path)
""",
        "`contextlib` is taken",
    )

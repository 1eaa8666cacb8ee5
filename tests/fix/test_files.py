from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fix.conftest import Rewritten

Fixed = Callable[..., Rewritten]

REFUSING = """
import os


def export(path, text):
    if os.path.exists(path):
        raise ValueError(path)
    with {} as file:
        file.write(text)
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('open(path, "w")', 'open(path, "x")'),
        ("open(path, mode='wb')", "open(path, mode='xb')"),
        ('open(path, "w+", encoding="utf-8")', 'open(path, "x+", encoding="utf-8")'),
    ],
)
def test_a_file_that_must_not_be_there(assert_fixed: Fixed, before: str, after: str) -> None:
    found = assert_fixed(REFUSING.format(before), REFUSING.format(after))
    assert found.applicabilities == ["unsafe"]


def test_the_error_may_stand_in_the_else(assert_fixed: Fixed) -> None:
    code = """
import os


def export(path, text):
    if not os.path.exists(path):
        with open(path, "{}") as file:
            file.write(text)
    else:
        raise ValueError(path)
"""
    assert_fixed(code.format("w"), code.format("x"))


@pytest.mark.parametrize("opened", ["open(path, mode)", "open(path, **options)"])
def test_a_mode_that_is_not_written_out(rewritten: Fixed, opened: str) -> None:
    code = REFUSING.format(opened)
    assert rewritten(code).text == code.lstrip("\n")


INDEX = """
import json
import os
import uuid
from pathlib import Path


class Index:
    def __init__(self, folder: Path):
        self.folder = folder
        self.path = folder / "index.json"

    def load(self):
        with open(self.path) as file:
            return json.load(file)

    def read(self):
        return (self.folder / "names").read_text()

    def save(self, index):
"""


def method(*lines: str) -> str:
    return INDEX + "".join(f"        {line}\n" for line in lines)


def test_a_neighbour_is_written_and_put_in_place(assert_fixed: Fixed) -> None:
    before = method(
        "# the index",
        'with open(self.path, "w") as file:  # whole',
        "    json.dump(index, file)",
        "return index",
    )
    after = method(
        "# the index",
        'temporary = f"{self.path}.{uuid.uuid4().hex}.tmp"',
        'with open(temporary, "w") as file:  # whole',
        "    json.dump(index, file)",
        "os.replace(temporary, self.path)",
        "return index",
    )
    assert assert_fixed(before, after).applicabilities == ["unsafe"]


def test_a_path_that_is_no_name_gets_one(assert_fixed: Fixed) -> None:
    before = method('(self.folder / "names").write_text(index)  # all')
    after = method(
        'target = self.folder / "names"',
        'temporary = target.with_name(f"{target.name}.{uuid.uuid4().hex}.tmp")',
        "temporary.write_text(index)  # all",
        "temporary.replace(target)",
    )
    assert assert_fixed(before, after).applicabilities == ["unsafe"]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (('with open(self.path, "w") as file:', "    return json.dump(index, file)"), "may be left before"),
        (
            (
                'with open(self.path, "w") as file:',
                "    json.dump(index, file)",
                "    os.chmod(self.path, 1)",
            ),
            "used while it is written",
        ),
        (
            ('with self.lock, open(self.path, "w") as file:', "    json.dump(index, file)"),
            "plain `with`",
        ),
    ],
)
def test_a_write_in_place_that_stays(rewritten: Fixed, lines: tuple[str, ...], reason: str) -> None:
    code = method(*lines)
    found = rewritten(code, select=("RMW407",))
    assert found.text == code.lstrip("\n")
    assert not found.reasons or reason in " ".join(found.reasons)


REMEMBER = """
import json


def remember(path, key, value):
    print(key)
    with open(path) as file:
        known = json.load(file)
    # one more
    known[key] = value
    with open(path, "w") as file:
        json.dump(known, file)
    return known
"""
HELD = """
    with {}:
        {}with open(path) as file:
            known = json.load(file)
        # one more
        known[key] = value
        with open(path, "w") as file:
            json.dump(known, file)
    return known
"""


def test_read_and_write_under_a_lock_as_the_project_takes_it(
    assert_fixed: Fixed, assert_left: Fixed, tmp_path: Path
) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    assert_left(REMEMBER, "a lock of all processes")
    start = REMEMBER[: REMEMBER.index("    with")]
    (tmp_path / "other.py").write_text("import fcntl\n")
    flock = HELD.format('open(f"{path}.lock", "w") as lock', "fcntl.flock(lock, fcntl.LOCK_EX)\n        ")
    assert_fixed(REMEMBER, start.replace("import json", "import fcntl\nimport json") + flock[1:])
    (tmp_path / "other.py").write_text("import filelock\n")
    held = HELD.format('FileLock(f"{path}.lock")', "")
    after = start.replace("import json\n", "import json\n\nfrom filelock import FileLock\n") + held[1:]
    assert assert_fixed(REMEMBER, after).applicabilities == ["unsafe"]

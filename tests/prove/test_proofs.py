"""What `prove` writes: fails while an update can be lost, passes once it is mended, by `fix` or by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.conftest import Command, LayOut
from tests.prove import programs
from tests.prove.conftest import Pytest

Wanted = Mapping[str, Sequence[str]]


def prove_all(rmwlint: Command, wanted: Wanted, paths: Sequence[str]) -> set[str]:
    """Write a test of each of the violations; the names of the tests."""
    found = json.loads(rmwlint("check", "--output-format", "json", "--no-cache", *paths).out)["violations"]
    written = set()
    for code, functions in wanted.items():
        for function in functions:
            (where,) = {
                f"{one['path']}:{one['line']}"
                for one in found
                if (one["code"], one["function"]) == (code, function)
            }
            run = rmwlint("prove", where, "--code", code)
            assert (run.code, run.out) == (0, ""), run.err
            name = f"test_{code.lower()}_{function.lower().replace('.', '_')}"
            assert run.err.startswith(f"rmwlint: wrote {name}.py")
            written.add(name)
    return written


def mend(rmwlint: Command, paths: Sequence[str], by_hand: Mapping[str, Sequence[tuple[str, str]]]) -> None:
    """Mend by `fix` what it can, and the rest by hand."""
    for name, changes in by_hand.items():
        path = Path(name)
        text = path.read_text("utf-8")
        for old, new in changes:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        path.write_text(text, "utf-8")
    rmwlint("fix", "--unsafe-fixes", "--no-cache", *paths)


def test_django(rmwlint: Command, lay_out: LayOut, run_pytest: Pytest, postgres: str) -> None:
    lay_out(programs.DJANGO)
    tests = prove_all(rmwlint, programs.DJANGO_VIOLATIONS, ["shop"])
    before = run_pytest(POSTGRES=postgres)
    assert before.keys() == tests
    assert {how.partition(":")[0] for how in before.values()} == {"FAILED - AssertionError"}, before
    mend(rmwlint, ["shop"], programs.DJANGO_BY_HAND)
    assert run_pytest(POSTGRES=postgres) == dict.fromkeys(tests, "PASSED")


def test_sqlalchemy(rmwlint: Command, lay_out: LayOut, run_pytest: Pytest, postgres: str) -> None:
    lay_out(programs.SQLALCHEMY)
    tests = prove_all(rmwlint, programs.SQLALCHEMY_VIOLATIONS, ["tickets.py"])
    before = run_pytest(TEST_DATABASE_URL=postgres)
    assert before.keys() == tests
    assert {how.partition(":")[0] for how in before.values()} == {"FAILED - AssertionError"}, before
    mend(rmwlint, ["tickets.py"], {})
    assert run_pytest(TEST_DATABASE_URL=postgres) == dict.fromkeys(tests, "PASSED")


def test_files(rmwlint: Command, lay_out: LayOut, run_pytest: Pytest) -> None:
    lay_out(programs.FILES)
    tests = prove_all(rmwlint, programs.FILES_VIOLATIONS, ["src"])
    before = run_pytest()
    assert before.keys() == tests
    assert {how.partition(":")[0] for how in before.values()} == {"FAILED - AssertionError"}, before
    mend(rmwlint, ["src"], programs.FILES_BY_HAND)
    assert run_pytest() == dict.fromkeys(tests, "PASSED")

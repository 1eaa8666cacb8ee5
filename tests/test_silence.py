"""Suppressions as a user meets them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

LayOut = Callable[[Mapping[str, "str | bytes"]], Path]
Command = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("marked_lines")


@pytest.fixture
def said(lay_out: LayOut, rmwlint: Command) -> Callable[..., list[str]]:
    """Check one file; gives ``line CODE`` of each violation."""

    def check(text: str, *arguments: str) -> list[str]:
        lay_out({"a.py": text})
        document = json.loads(rmwlint("check", "--output-format", "json", *arguments, "a.py").out)
        assert document["errors"] == []
        return [f"{violation['line']} {violation['code']}" for violation in document["violations"]]

    return check


Said = Callable[..., list[str]]


@pytest.mark.parametrize("comment", [
    "# rmwlint: ignore", "# rmwlint: ignore[RMW104] one worker", "# rmwlint: ignore[lost-arithmetic]",
    "# rmwlint: ignore[RMW1]", "# noqa", "# noqa: RMW104", "# noqa: E501,RMW104", "# NOQA:RMW104",
])  # fmt: skip
def test_silences_its_line(said: Said, comment: str) -> None:
    assert said(f"hit()  {comment}\nhit()\n") == ["2 RMW104"]


@pytest.mark.parametrize("comment", ["# noqa: E501", "# type: ignore", "# rmwlint ignore", "# nosec"])
def test_what_is_not_for_us(said: Said, comment: str) -> None:
    assert said(f"hit()  {comment}\n") == ["1 RMW104"]


@pytest.mark.parametrize("text", [
    "x = (  # rmwlint: ignore[RMW104]\n    hit()\n)\n",
    "x = (\n    hit()\n)  # rmwlint: ignore[RMW104]\n",
    "x = (\n    hit(),\n    # rmwlint: ignore[RMW104] below\n    2,\n)\n",
    "x = 1 + \\\n    hit()  # rmwlint: ignore[RMW104]\n",
    "x = 1 + \\\n    hit() + '''\n'''  # rmwlint: ignore[RMW104]\n",
])  # fmt: skip
def test_any_line_of_the_statement_will_do(said: Said, text: str) -> None:
    assert said(text) == []


def test_a_block_is_not_a_statement(said: Said) -> None:
    text = "with lock():  # rmwlint: ignore[RMW104]\n    hit()\n"
    assert said(text) == ["1 RMW902", "2 RMW104"]


def test_a_code_that_silences_nothing(said: Said) -> None:
    assert said("x = 1  # rmwlint: ignore[RMW104]\n") == ["1 RMW902"]
    assert said("x = 1  # rmwlint: ignore\n") == ["1 RMW902"]
    assert said("x = 1  # noqa: RMW104, E501\n") == ["1 RMW902"]
    assert said("hit()  # rmwlint: ignore[RMW104, RMW202]\n") == ["1 RMW902"]
    assert said("hit()  # rmwlint: ignore[RMW104]\nx = 1  # rmwlint: ignore[RMW104]\n") == ["2 RMW902"]


def test_a_code_that_does_not_exist(said: Said) -> None:
    assert said("x = 1  # rmwlint: ignore[RMW10x]\n") == ["1 RMW902"]
    assert said("hit()  # rmwlint: ignore[lost-aritmetic]\n") == ["1 RMW104", "1 RMW902"]


def test_a_line_of_its_own(said: Said) -> None:
    assert said("# rmwlint: ignore[RMW104]\nhit()\n") == ["1 RMW902", "2 RMW104"]


def test_other_linters_comments_are_theirs_to_judge(said: Said) -> None:
    assert said("x = 1  # noqa\ny = 1  # noqa: E501\n") == []


def test_only_what_was_looked_for_is_judged(said: Said) -> None:
    text = "x = 1  # rmwlint: ignore[RMW104]\ny = 1  # rmwlint: ignore[RMW202]\nz = 1  # rmwlint: ignore\n"
    assert said(text) == ["1 RMW902", "2 RMW902", "3 RMW902"]
    assert said(text, "--ignore", "RMW202") == ["1 RMW902"]
    assert said(text, "--ignore", "RMW902") == []


def test_a_hidden_violation_still_needs_its_comment(said: Said) -> None:
    assert said("guess()  # rmwlint: ignore[RMW104]\n") == []


def test_skip_file(said: Said, lay_out: LayOut, rmwlint: Command) -> None:
    assert said("# rmwlint: skip-file generated\nhit()\n") == []
    assert said("def f(:\n    # rmwlint: skip-file\n") == []
    assert said("x = '# rmwlint: skip-file'\nhit()\n") == ["2 RMW104"]


def test_suppressed_ones_are_counted(lay_out: LayOut, rmwlint: Command) -> None:
    lay_out({"a.py": "hit()  # noqa\nhit()  # rmwlint: ignore\n"})
    document = json.loads(rmwlint("check", "--output-format", "json").out)
    assert document["summary"]["suppressed"] == 2
    assert rmwlint("check").out == "no violations in 1 file, 2 suppressed.\n"


def test_says_what_to_do(lay_out: LayOut, rmwlint: Command) -> None:
    lay_out(
        {
            "a.py": "hit()  # noqa: RMW104, RMW202\n\n# rmwlint: ignore\nx = 1  # rmwlint: ignore[all-column-save]\n"
        }
    )
    assert rmwlint("check").out == (
        "a.py:1:8 RMW902 nothing here is reported as RMW202, so this suppression is unused\n"
        "    1 │ hit()  # noqa: RMW104, RMW202\n"
        "      │        ──────────────────────\n\n"
        "   = remedy: remove `RMW202` from it\n\n"
        "a.py:3:1 RMW902 this suppression stands on a line of its own, and speaks only for that line\n"
        "    3 │ # rmwlint: ignore\n"
        "      │ ─────────────────\n\n"
        "   = remedy: remove it\n\n"
        "a.py:4:8 RMW902 `all-column-save` in this suppression is no code or name of a check; "
        "did you mean `all-columns-save`?\n"
        "    4 │ x = 1  # rmwlint: ignore[all-column-save]\n"
        "      │        ──────────────────────────────────\n\n"
        "   = remedy: remove it\n\n"
        "3 violations in 1 file, 1 suppressed.\n"
    )

"""The docstring of each check: its form, and its examples run."""

from __future__ import annotations

import inspect

import pytest

from rmwlint.check import Check, registry
from tests.checks.running import examples, is_heading, of_text

CHECKS = pytest.mark.parametrize("check", registry().values(), ids=lambda check: check.name)

BAD = [
    pytest.param(check, text, id=f"{check.name}-{number}")
    for check in registry().values()
    for number, text in enumerate(examples(inspect.cleandoc(check.doc), "Bad"), 1)
]
GOOD = [
    pytest.param(check, text, id=f"{check.name}-{number}")
    for check in registry().values()
    for number, text in enumerate(examples(inspect.cleandoc(check.doc), "Good"), 1)
]


@CHECKS
def test_the_docstring_has_its_form(check: Check) -> None:
    lines = inspect.cleandoc(check.doc).splitlines()
    assert lines[0].endswith("."), "the first line is a title that ends in a full stop"
    assert len(lines[0]) <= 88
    assert lines[1] == "", "an empty line follows the title"
    prose = _paragraphs(lines[2:])
    headings = [index for index, paragraph in enumerate(prose) if is_heading(paragraph, "Bad", "Good")]
    kinds = [prose[index].split(":")[0].split(",")[0].split()[0] for index in headings]
    assert "Bad" in kinds and "Good" in kinds, "there is a Bad and a Good example"
    assert kinds.index("Bad") < kinds.index("Good"), "Bad comes before Good"
    assert headings[0] > 0, "a paragraph before the examples says what goes wrong"
    assert all(paragraph.endswith((".", "?", ":")) for paragraph in prose)
    remedy = prose[headings[-1] + 1 :]
    assert remedy, "a sentence after the examples says what to do"
    assert remedy[-1].endswith("."), "and ends in a full stop"


@pytest.mark.parametrize(("check", "text"), BAD)
def test_bad_fires(check: Check, text: str) -> None:
    found = of_text(text, frozenset([check.code]))
    shown = [violation.line for violation in found if violation.confidence >= 2]
    marked = [number for number, line in enumerate(text.splitlines(), 1) if line.endswith(f"# {check.code}")]
    assert shown, f"silent about:\n{text}"
    if marked:
        assert sorted(set(shown)) == marked


@pytest.mark.parametrize(("check", "text"), GOOD)
def test_good_is_silent(check: Check, text: str) -> None:
    found = of_text(text, frozenset([check.code]))
    assert not found, f"{found[0].line}: {found[0].message}\n{text}"


@pytest.mark.parametrize(("check", "text"), BAD)
def test_how_a_file_is_written_does_not_matter(check: Check, text: str) -> None:
    def lines(source: str | bytes) -> list[int]:
        return [violation.line for violation in of_text(source, frozenset([check.code]))]

    expected = lines(text)
    assert lines(text.replace("\n", "\r\n")) == expected
    assert lines(text.replace("    ", "\t")) == expected
    assert lines(b"\xef\xbb\xbf" + text.encode()) == expected
    assert lines("# a comment\n\n" + text) == [line + 2 for line in expected]


def _paragraphs(lines: list[str]) -> list[str]:
    """The unindented paragraphs, a heading being one of its own, each joined to a line."""
    found: list[str] = []
    fresh = True
    for line in lines:
        if not line or line[0].isspace():
            fresh = True
        elif fresh:
            found.append(line)
            fresh = False
        else:
            found[-1] += " " + line
    return found

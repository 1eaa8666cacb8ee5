from __future__ import annotations

import ast
import sys
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmwlint.source.parse import Unparsable, parse, version_hint


def test_line_ends_and_marks_do_not_change_the_tree() -> None:
    plain = ast.dump(parse(b"def f():\n    return 'a'\n"), include_attributes=True)
    assert ast.dump(parse(b"def f():\r\n    return 'a'\r\n"), include_attributes=True) == plain
    assert ast.dump(parse(b"\xef\xbb\xbfdef f():\n    return 'a'\n"), include_attributes=True) == plain


@pytest.mark.parametrize(("data", "said", "place"), [
    (b"x = 1\ndef f(:\n    pass\n", "invalid syntax", (2, 7)),
    (b"if x:\npass\n", "expected an indented block", (2, 1)),
    (b"x = (\n", "was never closed", (1, 5)),
    (b"x = 'a\n", "unterminated string", (1, 5)),
    (b"x\0", "null byte", (1, 1)),
    ("x = 'ä'".encode("latin-1"), "is not utf-8", (1, 1)),
    (b"(" * 1000 + b")" * 1000, "nested", (1, 1)),
    (b"x = " + b"-" * 200_000 + b"1", "nested", (1, 1)),
])  # fmt: skip
def test_says_why_and_where(data: bytes, said: str, place: tuple[int, int]) -> None:
    with pytest.raises(Unparsable, match=said) as caught:
        parse(data)
    if said != "nested":
        assert (caught.value.line, caught.value.column) == place


def test_no_warning_about_the_code_reaches_the_user() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parse(b"x = '\\d'\ny = 1 is 1\nz = 1or 2\n")


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=60),
        st.text(alphabet="def f():\n\t '\"#\\x{}[]*,=;@é\0\r", max_size=60).map(str.encode),
    )
)
def test_any_bytes_give_a_tree_or_a_reason(data: bytes) -> None:
    try:
        parse(data)
    except Unparsable as error:
        assert str(error)
        assert error.line >= 1
        assert error.column >= 1


@pytest.mark.parametrize(("line", "version"), [
    ("except ValueError, TypeError:", "3.14"),
    ('name = t"hello {x}"', "3.14"),
    ("class Box[T = int]:", "3.13"),
    ("def first[T](items: list[T]) -> T:", "3.12"),
    ("type Alias = list[int]", "3.12"),
    ("print(f'{row['key']}')", "3.12"),
    ("except* OSError:", "3.11"),
    ("x = a[*b]", "3.11"),
])  # fmt: skip
def test_names_the_python_that_reads_newer_syntax(line: str, version: str) -> None:
    hint = version_hint(line, (3, 10), None)
    assert f"run rmwlint with Python {version} or newer" in hint
    newest = (3, int(version[2:]))
    assert "run rmwlint with" not in version_hint(line, newest, None)


@pytest.mark.parametrize("line", ["x = = 1", "def f(:", "return x +", "items = [1, 2"])
def test_makes_no_guess_about_plain_mistakes(line: str) -> None:
    assert version_hint(line, (3, 10), None) == ""


def test_names_the_python_that_the_project_asks_for() -> None:
    assert "Python 3.15, newer than the 3.10" in version_hint("x = = 1", (3, 10), (3, 15))
    assert version_hint("x = = 1", (3, 12), (3, 10)) == ""


@pytest.mark.parametrize(
    "line", ['print "x"', "except OSError, error:", "raise ValueError, 'x'", "x = 0777", "if a <> b:"]
)
def test_knows_python_2(line: str) -> None:
    assert "Python 2" in version_hint(line, (3, 14), None)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python reads it")
def test_newer_syntax_in_a_file() -> None:
    with pytest.raises(Unparsable) as caught:
        parse(b"type Alias = list[int]\n")
    assert "a `type` statement" in caught.value.remedy

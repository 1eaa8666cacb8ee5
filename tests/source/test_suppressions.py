from __future__ import annotations

import pytest

from rmwlint.source.suppressions import may_address, may_suppress, suppressions_in


@pytest.mark.parametrize(("comment", "codes", "own"), [
    ("# rmwlint: ignore", None, True),
    ("# rmwlint: ignore[RMW104]", ("RMW104",), True),
    ("#rmwlint:ignore [RMW104, lost-arithmetic]  because", ("RMW104", "lost-arithmetic"), True),
    ("# type: ignore  # rmwlint: ignore[RMW1]", ("RMW1",), True),
    ("# noqa", None, False),
    ("# NOQA", None, False),
    ("#noqa : RMW104", ("RMW104",), False),
    ("# noqa: RMW104,E501", ("RMW104", "E501"), False),
    ("# noqa: RMW104 E501 and why", ("RMW104", "E501"), False),
    ("# noqa because", None, False),
])  # fmt: skip
def test_forms(comment: str, codes: tuple[str, ...] | None, own: bool) -> None:
    (found,) = suppressions_in(f"x = 1  {comment}\n").comments
    assert (found.codes, found.own, found.alone) == (codes, own, False)
    assert may_suppress(comment.encode())


@pytest.mark.parametrize(("text", "may"), [
    ("x = 1  # noqa: E501\n", False), ("x = 1  # noqa:E501,W605  \r\ny = 2  # NOQA: H304 F401", False),
    ("x = 1\n", False), ("x = 1  # noqa: E501\ny = 2  # noqa\n", True), ("x = 1  # noqa: E501 why\n", True),
    ("x = 1  # noqa: E501, rmw104\n", True), ("x = 1  # noqa: all\n", True),
    ("x = 1  # noqa:\nE501 = 2\n", True),
])  # fmt: skip
def test_comments_to_other_linters_do_not_matter(text: str, may: bool) -> None:
    assert may_suppress(text.encode()) is may


@pytest.mark.parametrize("text", [
    "x = '# noqa'\n", '"""\n# rmwlint: ignore\n"""\n', "x = 1  # noqa: 104\n", "# rmwlint is fine\n",
    "x = 1  # knoqan\n", "f'{x}# noqa'\n", "x = 'it''s # noqa'\n", "x = r'\\'  # no\n",
])  # fmt: skip
def test_what_only_looks_like_one(text: str) -> None:
    assert suppressions_in(text).comments == ()


def test_a_comment_covers_its_logical_line() -> None:
    text = (
        "x = call(  # noqa\n"  # 1
        "    1,\n"
        "    # noqa\n"  # 3
        ")\n"
        "# noqa\n"  # 5
        "with a as b, \\\n"
        "     c as d:  # noqa\n"  # 7
        "    y = '''\n"
        "    ''' + '#'  # noqa\n"  # 9
        "    # noqa\n"  # 10
        "z = 1; w = 2  # noqa"  # 11
    )
    covered = [(found.line, found.first, found.last, found.alone) for found in suppressions_in(text).comments]
    assert covered == [
        (1, 1, 4, False), (3, 1, 4, False), (5, 5, 5, True), (7, 6, 7, False), (9, 8, 9, False), (10, 10, 10, True),
        (11, 11, 11, False),
    ]  # fmt: skip


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_columns_and_lines_whatever_the_newline(newline: str) -> None:
    text = newline.join(["a = '''", "é''' ; x = (", "  1)  # why  # rmwlint: ignore[RMW104] x"])
    (found,) = suppressions_in(text).comments
    assert (found.line, found.column, found.end_column, found.first) == (3, 14, 39, 1)
    assert text.split(newline)[2][found.column - 1 : found.end_column - 1] == "# rmwlint: ignore[RMW104]"


def test_skip_file_stands_anywhere_but_in_a_string() -> None:
    assert suppressions_in("x = 1\n# rmwlint: skip-file\n").skip_file
    assert not suppressions_in("x = '# rmwlint: skip-file'\n").skip_file


def test_text_that_python_cannot_parse_is_read_too() -> None:
    assert suppressions_in("{% if x %}\n# rmwlint: skip-file\n)))\n'").skip_file


def test_only_comments_for_rmwlint_are_judged() -> None:
    assert may_address(b"x = 1  # noqa: E501, RMW104")
    assert may_address(b"# rmwlint: ignore")
    assert not may_address(b"x = 1  # noqa: E501\ny = 'RMW104'  # noqa")

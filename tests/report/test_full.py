"""The frame, the two columns and the remedy, to the letter."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rmwlint.violation import Applicability, Confidence, Failure, Fix, Span, Step, Violation

Render = Callable[..., str]

SOURCE = """\
from shop.models import Order


def retry(pk):
    order = Order.objects.get(pk=pk)
    order.retries += 1
    order.save()
"""

LOST = Violation(
    code="RMW104",
    name="lost-arithmetic",
    message="`order.retries` is written back from a value read on line 5",
    path="shop/orders.py",
    span=Span(7, 5, 7, 17),
    function="retry",
    confidence=Confidence.HIGH,
    place="order.retries",
    steps=(
        Step("read", "shop/orders.py", Span(5, 13, 5, 37), "read here"),
        Step("write", "shop/orders.py", Span(7, 5, 7, 17), "written back here; nothing is held in between"),
    ),
    interleaving=(
        ("A", "reads retries = 3"),
        ("B", "reads retries = 3"),
        ("A", "writes retries = 4"),
        ("B", "writes retries = 4    A's update is lost"),
    ),
    remedy="let the database add",
    fix=Fix(Applicability.SAFE, 'order.retries = F("retries") + 1', ()),
)


def test_the_whole(render: Render) -> None:
    assert (
        render("full", LOST, sources={"shop/orders.py": SOURCE})
        == """\
shop/orders.py:7:5 RMW104 `order.retries` is written back from a value read on line 5
    5 │     order = Order.objects.get(pk=pk)
      │             ──────────────────────── read here
    6 │     order.retries += 1
    7 │     order.save()
      │     ──────────── written back here; nothing is held in between

      A                            B
      reads retries = 3
                                   reads retries = 3
      writes retries = 4
                                   writes retries = 4    A's update is lost

   = fix (safe): order.retries = F("retries") + 1

1 violation in 1 file.
"""
    )


def test_without_steps_or_story_the_primary_place_is_underlined(render: Render) -> None:
    plain = LOST._replace(steps=(), interleaving=(), fix=None, confidence=Confidence.MEDIUM)
    assert (
        render("full", plain, sources={"shop/orders.py": SOURCE})
        == """\
shop/orders.py:7:5 RMW104 `order.retries` is written back from a value read on line 5 [medium confidence]
    7 │     order.save()
      │     ────────────

   = remedy: let the database add

1 violation in 1 file.
"""
    )


def frame(output: str) -> list[str]:
    return output.split("\n\n", 1)[0].splitlines()[1:]


def story(*steps: Step, span: Span) -> Violation:
    return LOST._replace(steps=steps, span=span, interleaving=(), fix=None, remedy="")


def test_far_places_are_cut_apart_and_other_files_named(render: Render) -> None:
    source = "\n".join(f"line_{number}()" for number in range(1, 121))
    far = story(
        Step("read", "a.py", Span(1, 1, 1, 7), "read here"),
        Step("decide", "b.py", Span(2, 1, 2, 5), "decided here"),
        Step("write", "a.py", Span(110, 1, 110, 11), "written here"),
        span=Span(110, 1, 110, 11),
    )._replace(path="a.py")
    assert frame(render("full", far, sources={"a.py": source, "b.py": "x\nelse_()\n"})) == [
        "     1 │ line_1()",
        "       │ ────── read here",
        "       …",
        "   110 │ line_110()",
        "       │ ────────── written here",
        "       in b.py",
        "     2 │ else_()",
        "       │ ──── decided here",
    ]


def test_two_marks_on_one_line_and_two_words_on_one_mark(render: Render) -> None:
    both = story(
        Step("read", "a.py", Span(1, 1, 1, 2), "read here"),
        Step("write", "a.py", Span(1, 5, 1, 6), "decided here"),
        Step("write", "a.py", Span(1, 5, 1, 6), "written here"),
        span=Span(1, 5, 1, 6),
    )._replace(path="a.py")
    assert frame(render("full", both, sources={"a.py": "x = y"})) == [
        "    1 │ x = y",
        "      │ ─ read here",
        "      │     ─ decided here; written here",
    ]


@pytest.mark.parametrize(("line", "span", "under"), [
    ("\tx.save()", Span(1, 2, 1, 10), "    ────────"),
    ("日本.save()", Span(1, 4, 1, 8), "     ────"),
    ("é = e\u0301.save()", Span(1, 7, 1, 13), "     ──────"),
    ("call(", Span(1, 1, 3, 2), "─────"),
    ("x", Span(1, 1, 1, 1), "─"),
    ("", Span(1, 1, 1, 1), "─"),
    ("x", Span(1, 9, 1, 20), " ─"),
])  # fmt: skip
def test_the_underline_stands_under_what_it_means(render: Render, line: str, span: Span, under: str) -> None:
    shown = frame(render("full", story(span=span)._replace(path="a.py"), sources={"a.py": line}))
    assert shown[1] == f"      │ {under}"


def test_a_very_long_line_is_cut_around_the_mark(render: Render) -> None:
    line = "a" * 1000 + "MARK" + "b" * 1000
    text, under = frame(
        render("full", story(span=Span(1, 1001, 1, 1005))._replace(path="a.py"), sources={"a.py": line})
    )
    assert len(text) < 160
    assert text[under.index("─") : under.rindex("─") + 1] == "MARK"
    assert text.startswith("    1 │ …a")
    assert text.endswith("b…")


def test_a_file_that_is_gone_and_a_line_that_is_not_there(render: Render) -> None:
    gone = render("full", LOST, sources={})
    assert gone.splitlines()[:2] == ["shop/orders.py:7:5 RMW104 " + LOST.message, ""]
    assert "written back" in render("full", LOST, sources={"shop/orders.py": "x"})


def test_control_characters_do_not_reach_the_terminal(render: Render) -> None:
    shown = render(
        "full", story(span=Span(1, 1, 1, 3))._replace(path="a.py"), sources={"a.py": "x\x1b[31m\u202e = 1"}
    )
    assert "\x1b" not in shown
    assert "\u202e" not in shown


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_an_output_without_such_letters(render: Render, encoding: str) -> None:
    shown = frame(render("full", LOST, sources={"shop/orders.py": SOURCE}, encoding=encoding))
    assert shown[:2] == [
        "    5 |     order = Order.objects.get(pk=pk)",
        "      |             ------------------------ read here",
    ]


def test_colours_change_nothing_else(render: Render) -> None:
    import re

    plain = render("full", LOST, sources={"shop/orders.py": SOURCE})
    coloured = render("full", LOST, sources={"shop/orders.py": SOURCE}, colour=True)
    stripped = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in stripped.splitlines()] == plain.splitlines()
    assert "\x1b[33m────────────────────────" in coloured
    assert "\x1b[31m────────────" in coloured


def test_markup_in_the_source_is_text(render: Render) -> None:
    shown = render(
        "full",
        story(span=Span(1, 1, 1, 2))._replace(path="a.py"),
        sources={"a.py": "x['[red]'] = ':smile:'"},
        colour=True,
    )
    assert "x['[red]'] = ':smile:'" in shown


def test_failures_and_counts(render: Render) -> None:
    failure = Failure("a.py", "f", "internal error: ValueError: x", "Traceback:\n  File\nValueError: x\n")
    shown = render("full", sources={"a.py": ""}, failures=(failure,), suppressed=2)
    assert shown == (
        "a.py:f RMW903 internal error: ValueError: x\n   Traceback:\n     File\n   ValueError: x\n\n"
        "no violations in 1 file, 2 suppressed, 1 internal error.\n"
    )

from __future__ import annotations

from collections.abc import Callable

import pytest

from rmwlint.violation import Confidence
from tests.fix.conftest import Rewritten

Fixed = Callable[..., Rewritten]

HEAD = """
from django.db import models


class Code(models.Model):
    text = models.CharField(max_length=20, unique=True)
    colour = models.CharField(max_length=20)


"""
ONE_STEP = 'code = Code.objects.get_or_create(text=text, defaults={"colour": "red"})[0]'


def test_nothing_is_done_about_columns_that_are_not_unique(assert_left: Fixed) -> None:
    code = HEAD.replace(", unique=True", "")
    body = "def f(text):\n    if not Code.objects.filter(text=text).exists():\n        Code.objects.create(text=text)\n"
    assert_left(code + body, "nothing keeps the columns of the look unique")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "# the code\ncode = Code.objects.filter(text=text).first()\nif code is None:\n"
            '    code = Code.objects.create(text=text, colour="red")\nreturn code',
            f"# the code\n{ONE_STEP}\nreturn code",
        ),
        (
            "code = Code.objects.filter(text=text).first()\nif not code:\n"
            '    code = Code(text=text, colour="red")\n    code.save()\nreturn code',
            f"{ONE_STEP}\nreturn code",
        ),
        (
            "try:\n    code = Code.objects.get(text=text)\nexcept Code.DoesNotExist:\n"
            '    code = Code.objects.create(text=text, colour="red")\nreturn code',
            f"{ONE_STEP}\nreturn code",
        ),
        (
            "try:\n    return Code.objects.get(text=text)\nexcept Code.DoesNotExist:\n"
            "    return Code.objects.create(text=text)",
            "return Code.objects.get_or_create(text=text)[0]",
        ),
        (
            "# once\nif not Code.objects.filter(text=text).exists():\n"
            "    # now\n    Code.objects.create(text=text)  # done",
            "# once\n# now\nCode.objects.get_or_create(text=text)  # done",
        ),
        (
            "if not Code.objects.filter(text=text).exists():\n"
            f'    Code.objects.create(text=text, colour="{"x" * 60}")',
            f'Code.objects.get_or_create(\n    text=text,\n    defaults={{"colour": "{"x" * 60}"}},\n)',
        ),
    ],
)
def test_one_step(assert_fixed: Fixed, before: str, after: str) -> None:
    found = assert_fixed(HEAD + within(before), HEAD + within(after), safe_only=True, sure=Confidence.LOW)
    assert found.applicabilities == ["safe"]


def within(body: str, head: str = "def f(text):") -> str:
    return "\n".join([head, *(f"    {line}" if line else "" for line in body.split("\n")), ""])


def test_asynchronous(assert_fixed: Fixed) -> None:
    head = "async def f(text):"
    before = (
        "code = await Code.objects.filter(text=text).afirst()\nif code is None:\n"
        "    code = await Code.objects.acreate(text=text)\nreturn code"
    )
    after = "code = (await Code.objects.aget_or_create(text=text))[0]\nreturn code"
    assert_fixed(HEAD + within(before, head), HEAD + within(after, head), sure=Confidence.LOW)


def test_what_is_made_always_wants_an_eye(rewritten: Fixed) -> None:
    body = (
        "if not Code.objects.filter(text=text).exists():\n"
        "    Code.objects.create(text=text, colour=choose_colour())"
    )
    assert rewritten(HEAD + within(body), sure=Confidence.LOW).applicabilities == ["unsafe"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            "if not Code.objects.filter(text__iexact=text).exists():\n    Code.objects.create(text=text)",
            "",
        ),
        (
            "if not Code.objects.filter(text=text).exists():\n    Code.objects.create(text=text.lower())",
            "that was looked for",
        ),
        (
            "if not Code.objects.filter(text=text).exists():\n    print(text)\n"
            "    Code.objects.create(text=text)",
            "more happens",
        ),
        (
            "if not Code.objects.filter(text=text).exists():\n    Code.objects.create(text=text)\n"
            "else:\n    print(text)",
            "more hangs on the look",
        ),
        (
            "code = Code.objects.filter(text=text).first()\nif code is None:\n"
            "    code = Code.objects.create(text=text)  # new\nreturn code",
            "a comment",
        ),
        (
            "code = Code.objects.filter(text=text).first()\nprint(code)\nif code is None:\n"
            "    code = Code.objects.create(text=text)\nreturn code",
            "right above",
        ),
    ],
)
def test_left(assert_left: Fixed, body: str, reason: str) -> None:
    assert_left(HEAD + within(body), reason, select=("RMW501",), sure=Confidence.LOW)

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fix.conftest import Rewritten

Fixed = Callable[..., Rewritten]

MODELS = """
from django.db import models, transaction


class Profile(models.Model):
    settings = models.JSONField(default=dict)
    status = models.TextField()
"""


def test_inside_a_transaction_only_the_query_changes(assert_fixed: Fixed) -> None:
    body = """

@transaction.atomic
def one(pk, theme):
    profile = Profile.objects.filter(pk=pk){0}.first()
    profile.settings["theme"] = theme
    profile.save(update_fields=["settings"])


def two(pk, theme):
    with open("x"), transaction.atomic(using="b"):
        if pk:
            profile = Profile.objects{0}.get(
                # which
                pk=pk,
            )
        profile.settings["theme"] = theme
        profile.save(update_fields=["settings"])
"""
    found = assert_fixed(MODELS + body.format(""), MODELS + body.format(".select_for_update()"))
    assert found.applicabilities == ["unsafe", "unsafe"]


def test_outside_the_statements_between_are_wrapped(assert_fixed: Fixed) -> None:
    before = """

class View:
    def post(self, pk, theme):
        '''Docs.'''
        print(pk)

        # the read
        profile = Profile.objects.select_related("user").get(pk=pk)
        text = (
            "a"
            "b"
        )

        if theme:
            # the change
            profile.settings["theme"] = theme + text
            profile.save(update_fields=["settings"])  # saved
        else:
            return None
        # after
        return profile
"""
    after = """

class View:
    def post(self, pk, theme):
        '''Docs.'''
        print(pk)

        # the read
        with transaction.atomic():
            profile = Profile.objects.select_related("user").select_for_update(of=("self",)).get(pk=pk)
            text = (
                "a"
                "b"
            )

            if theme:
                # the change
                profile.settings["theme"] = theme + text
                profile.save(update_fields=["settings"])  # saved
            else:
                return None
        # after
        return profile
"""
    assert_fixed(MODELS + before, MODELS + after)


def test_get_object_or_404_and_an_import(assert_fixed: Fixed) -> None:
    code = """
from django.db import models{0}
from django.shortcuts import get_object_or_404


class Profile(models.Model):
    status = models.TextField()


def close(pk):
    {1}profile = get_object_or_404(Profile{2}, pk=pk)
    {3}if profile.status != "open":
    {3}    raise ValueError
    {3}profile.status = "closed"
    {3}profile.save(update_fields=["status"])
"""
    assert_fixed(
        code.format("", "", "", ""),
        code.format(
            ", transaction", "with transaction.atomic():\n        ", ".objects.select_for_update()", "    "
        ),
        only="lock_row",
    )


SQLALCHEMY = """
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[dict] = mapped_column()
    count: Mapped[int] = mapped_column()
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("session.get(Order, pk)", "session.get(Order, pk, with_for_update=True)"),
        (
            "session.query(Order).filter_by(id=pk).one()",
            "session.query(Order).filter_by(id=pk).with_for_update().one()",
        ),
        (
            "session.execute(select(Order).where(Order.id == pk)).scalar_one()",
            "session.execute(select(Order).where(Order.id == pk).with_for_update()).scalar_one()",
        ),
        (
            "session.scalar(select(Order).where(Order.id == pk))",
            "session.scalar(select(Order).where(Order.id == pk).with_for_update())",
        ),
    ],
)
def test_sqlalchemy(assert_fixed: Fixed, before: str, after: str) -> None:
    body = """

def retry(session: Session, pk):
    order = {}
    if order.count > 3:
        order.count = order.count - 3
    session.commit()
"""
    assert_fixed(SQLALCHEMY + body.format(before), SQLALCHEMY + body.format(after))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            "async def set_theme(pk, theme):\n"
            "    profile = await Profile.objects.aget(pk=pk)\n"
            '    profile.settings["theme"] = theme\n'
            '    await profile.asave(update_fields=["settings"])\n',
            "in an async function",
        ),
        (
            "def set_theme(pk, theme):\n"
            "    profile = Profile.objects.get(pk=pk)\n"
            "    yield profile\n"
            '    profile.settings["theme"] = theme\n'
            '    profile.save(update_fields=["settings"])\n',
            "`yield`",
        ),
        (
            "def set_theme(pk, theme):\n"
            "    for profile in Profile.objects.filter(pk=pk):\n"
            '        profile.settings["theme"] = theme\n'
            '        profile.save(update_fields=["settings"])\n',
            "not read in this function by a plain call",
        ),
        (
            "def set_theme(profile: Profile, theme):\n"
            '    profile.settings["theme"] = theme\n'
            '    profile.save(update_fields=["settings"])\n',
            "not read in this function",
        ),
        (
            "def set_theme(pk, theme):\n"
            "    profile = Profile.objects.distinct().get(pk=pk)\n"
            '    profile.settings["theme"] = theme\n'
            '    profile.save(update_fields=["settings"])\n',
            "cannot be locked",
        ),
        (
            "def set_theme(pk, theme):\n"
            "    profile = Profile.objects.get(pk=pk)\n"
            "    try:\n"
            '        profile.settings["theme"] = theme\n'
            "    except IntegrityError:\n"
            "        pass\n"
            '    profile.save(update_fields=["settings"])\n',
            "database error",
        ),
    ],
)
def test_left(assert_left: Fixed, body: str, reason: str) -> None:
    assert_left(MODELS + "\n\n" + body, reason)


def test_the_gate_refuses_a_lock_held_over_a_call_of_another_system(assert_left: Fixed) -> None:
    assert_left(
        MODELS.replace("from django", "import requests\nfrom django", 1)
        + """

def set_theme(pk, theme):
    profile = Profile.objects.get(pk=pk)
    requests.post("https://example.org", json=profile.settings)
    profile.settings["theme"] = theme
    profile.save(update_fields=["settings"])
""",
        "RMW301 would be new",
    )


@pytest.mark.parametrize(
    ("asked", "locked"),
    [
        ("customer__name=name", 'of=("self",)'),
        ("pk=pk, lines__deleted_at__isnull=True", 'of=("self",)'),
        ("note__icontains=name", ""),
        ("made__date__gte=name, note__isnull=False", ""),
    ],
)
def test_rows_that_are_joined_are_not_locked(rewritten: Fixed, asked: str, locked: str) -> None:
    code = f"""
from django.db import models, transaction


class Order(models.Model):
    tags = models.JSONField()


@transaction.atomic
def tag(pk, name):
    order = Order.objects.get({asked})
    order.tags.append(name)
    order.save(update_fields=["tags"])
"""
    assert f"Order.objects.select_for_update({locked}).get({asked})" in rewritten(code).text

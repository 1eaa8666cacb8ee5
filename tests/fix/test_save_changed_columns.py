from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rmwlint.violation import Confidence
from tests.fix.conftest import Rewritten

Fixed = Callable[..., Rewritten]

MODELS = """
from django.db import models


class Order(models.Model):
    note = models.TextField()
    status = models.CharField(max_length=20)
    owner = models.ForeignKey("User", models.CASCADE)
    changed = models.DateTimeField(auto_now=True)
    made = models.DateTimeField(auto_now_add=True)
"""


def test_a_row_read_here_is_saved_safely(assert_fixed: Fixed) -> None:
    body = """

def annotate(pk, note):
    order = Order.objects.get(pk=pk)
    order.note = note  # kept
    # kept too
    order.save({})
"""
    found = assert_fixed(
        MODELS + body.format(""), MODELS + body.format('update_fields=["note", "changed"]'), safe_only=True
    )
    assert found.applicabilities == ["safe"]


@pytest.mark.parametrize(
    ("given", "becomes"),
    [
        ("using='a'", "using='a', update_fields=['note', 'changed']"),
        ("using='a',", "using='a',update_fields=['note', 'changed'],"),
        (
            "\n        using='a',\n    ",
            "\n        using='a',\n        update_fields=['note', 'changed'],\n    ",
        ),
        (" using='a' ", " using='a', update_fields=['note', 'changed'] "),
    ],
)
def test_what_the_save_is_given_stays(assert_fixed: Fixed, given: str, becomes: str) -> None:
    body = """

def annotate(pk, note):
    order = Order.objects.get(pk=pk)
    order.note = note + '' + '' + '' + '' + ''
    order.save({})
"""
    assert_fixed(MODELS + body.format(given), MODELS + body.format(becomes))


def test_a_foreign_key_by_its_column(assert_fixed: Fixed) -> None:
    body = """

def give(pk, user):
    order = Order.objects.get(pk=pk)
    order.owner_id = user
    order.save({})
"""
    after = body.format('update_fields=["owner_id", "changed"]')
    assert assert_fixed(MODELS + body.format(""), MODELS + after).applicabilities == ["safe"]


def test_async(assert_fixed: Fixed) -> None:
    body = """

async def annotate(pk, note):
    order = await Order.objects.aget(pk=pk)
    order.note = note
    await order.asave({})
"""
    assert_fixed(MODELS + body.format(""), MODELS + body.format('update_fields=["note", "changed"]'))


def test_two_in_one_file_and_one_in_a_nested_function(assert_fixed: Fixed) -> None:
    body = """

class View:
    def post(self, pk, note):
        def inner():
            order = Order.objects.get(pk=pk)
            order.note = note
            order.save({0})

        inner()
        other = Order.objects.get(pk=pk)
        if note:
            other.status = "noted"
            other.note = note
            other.save({1})
"""
    assert_fixed(
        MODELS + body.format("", ""),
        MODELS
        + body.format(
            'update_fields=["note", "changed"]',
            'update_fields=["status", "note", "changed"]',
        ),
    )


def test_columns_that_its_own_save_sets(assert_fixed: Fixed) -> None:
    before = """
from django.db import models


class Order(models.Model):
    note = models.TextField()
    slug = models.TextField()
    maker = models.TextField()

    def save(self, *args, force=None, **kwargs):
        if self._state.adding:
            self.maker = "me"
        elif force:
            self.maker = "them"
        self.index()
        super().save(*args, **kwargs)

    def index(self):
        self.slug = self.note.lower()
        self.cached = None


def annotate(pk, note):
    order = Order.objects.get(pk=pk)
    order.note = note
    order.save({})
"""
    found = assert_fixed(before.format(""), before.format('update_fields=["note", "slug"]'))
    assert found.applicabilities == ["unsafe"]


@pytest.mark.parametrize(
    "line",
    [
        "notify(order)",
        "order.clean()",
        "rows = [order]",
        "order.extra.append(1)",
    ],
)
def test_what_may_change_more_is_unsafe(rewritten: Fixed, line: str) -> None:
    found = rewritten(
        MODELS
        + f"""

def annotate(pk, note):
    order = Order.objects.get(pk=pk)
    order.note = note
    {line}
    order.save()
"""
    )
    assert found.applicabilities == ["unsafe"]


def test_receivers_of_pre_save_make_it_unsafe(rewritten: Fixed) -> None:
    found = rewritten(
        "from django.db.models.signals import pre_save\n"
        + MODELS
        + """

def annotate(pk, note):
    order = Order.objects.get(pk=pk)
    order.note = note
    order.save()


pre_save.connect(print)
"""
    )
    assert found.applicabilities == ["unsafe"]


def test_a_callers_row_is_unsafe(rewritten: Fixed) -> None:
    code = """

def annotate(order: Order, note):
    order.note = note
    order.save()
"""
    assert rewritten(MODELS + code).applicabilities == ["unsafe"]
    found = rewritten(MODELS + code, safe_only=True)
    assert found.applicabilities == []
    assert "--unsafe-fixes" in found.reasons[0]
    assert "order.save()" in found.text


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("order.note = note\n    order.save(*args)", "not known"),
        ("order.note = note\n    setattr(order, args[0], 1)\n    order.save()", "names that are not known"),
        ("order.note = note\n    if order.pk is None:\n        order.made = 1\n    order.save()", "new row"),
        ("order.set_note(note)\n    order.status = 1\n    order.save()", "`order.set_note()` sets"),
        ("Form(instance=order).is_valid()\n    order.note = note\n    order.save()", "form or serializer"),
        ("if not order:\n        order = Order()\n    order.note = note\n    order.save()", "new row"),
    ],
)
def test_left(assert_left: Fixed, body: str, reason: str) -> None:
    assert_left(
        MODELS
        + f"""

def annotate(pk, note, args):
    order = Order.objects.filter(pk=pk).first()
    {body}
""",
        reason,
        select=("RMW202",),
    )


def test_a_save_that_takes_no_columns_is_left(assert_left: Fixed) -> None:
    assert_left(
        """
from django.db import models


class Order(models.Model):
    note = models.TextField()
    status = models.TextField()

    def save(self):
        super().save()


def annotate(pk, note):
    order = Order.objects.get(pk=pk)
    order.note = note
    order.save()
""",
        "takes no `update_fields`",
    )


@pytest.mark.parametrize(
    "body",
    [
        "order = Order(pk=pk)\n    order.note = note\n    order.save()",
        "order = Order.objects.get(pk=pk)\n    order.note = note\n    order.save(update_fields=['note'])",
        "order = Order.objects.select_for_update().get(pk=pk)\n    order.note = note\n    order.save()",
        "order = Order.objects.get(pk=pk)\n    print(order.note)",
        "Order.objects.filter(pk=pk).update(note=note)",
    ],
)
def test_nothing_to_do(rewritten: Fixed, body: str) -> None:
    code = (
        MODELS
        + f"""

@transaction.atomic
def annotate(pk, note):
    {body}
"""
    )
    code = code.replace("import models", "import models, transaction")
    found = rewritten(code, select=("RMW202",))
    assert found.text == code.lstrip("\n")
    assert not found.outcome.left


def test_what_a_method_of_the_class_sets_is_saved(assert_fixed: Fixed) -> None:
    before = """
from django.db import models


class Order(models.Model):
    note = models.TextField()
    status = models.TextField()
    owner = models.TextField()

    def close(self):
        self.status = "closed"


def annotate(pk, note):
    order = Order.objects.get(pk=pk)
    order.note = note
    order.close()
    order.save({})
"""
    found = assert_fixed(before.format(""), before.format('update_fields=["note", "status"]'))
    assert found.applicabilities == ["unsafe"]


def test_a_row_that_another_method_changes_is_left(assert_left: Fixed) -> None:
    assert_left(
        MODELS
        + """

class Worker:
    def __init__(self, order: Order):
        self.order = order

    def note(self, text):
        self.order.note = text

    def finish(self):
        self.order.status = "done"
        self.order.save()
""",
        "is set in another function",
    )


@pytest.mark.parametrize("field", ["StampField()", "make_field()"])
def test_a_field_that_may_set_itself_is_unsafe(rewritten: Fixed, field: str) -> None:
    found = rewritten(
        "from fields import StampField, make_field\n"
        + MODELS
        + f"""    stamp = {field}


def annotate(pk, note):
    order = Order.objects.get(pk=pk)
    order.note = note
    order.save()
"""
    )
    assert found.applicabilities == ["unsafe"]


@pytest.mark.parametrize("use", ["check(order.extra)", "for row in order.extra:\n        row['x'] = 1"])
def test_a_container_that_may_be_changed_in_place_is_left(assert_left: Fixed, use: str) -> None:
    assert_left(
        MODELS
        + f"""    extra = models.JSONField()
    users = models.ManyToManyField("User")
    KINDS = ("a", "b")


def annotate(pk, note):
    order = Order.objects.get(pk=pk)
    order.note = order.KINDS[0]
    order.users.add(note)
    {use}
    order.save()
""",
        "`order.extra` may be changed in place",
        only="save_changed_columns",
        select=("RMW202",),
    )


def test_a_base_of_another_library_is_left(assert_left: Fixed) -> None:
    assert_left(
        """
from django.db import models
from trees import TreeModel


class Order(TreeModel, models.Model):
    note = models.TextField()


def annotate(pk, note):
    order = Order.objects.get(pk=pk)
    order.note = note
    order.save()
""",
        "`TreeModel` saves is not known",
    )


def test_a_column_that_is_declared_out_of_sight_is_left(assert_left: Fixed) -> None:
    assert_left(
        """
from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    note = models.TextField()
    changed = models.DateTimeField(auto_now=True)


def annotate(pk, note):
    user = User.objects.get(pk=pk)
    user.username = note
    user.save()
""",
        "not declared where",
    )


PAYLOAD = """
from django.db import models


class Payload(models.Model):
    text = models.TextField()
    size = models.IntegerField()

    def empty(self):
        self.text = ""
        self.save()
"""


@pytest.mark.parametrize(
    ("caller", "reason"),
    [
        ("payload = Payload(text='x')\n    payload.empty()", "may be a new row, made in `other.py`"),
        (
            "payload = Payload.objects.get(pk=pk)\n    payload.size = 3\n    payload.empty()",
            "`payload.size` is set in `other.py`",
        ),
        ("self.payload.size = 3\n    finish(self)", "`self.payload.size` is set in `other.py`"),
    ],
)
def test_what_callers_set_before(assert_left: Fixed, tmp_path: Path, caller: str, reason: str) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "other.py").write_text(f"def work(self, pk):\n    {caller}\n")
    assert_left(PAYLOAD, reason, select=("RMW202",), sure=Confidence.LOW)


@pytest.mark.parametrize(
    "caller",
    [
        "payload = Payload.objects.get(pk=pk)\n    payload.empty()",
        "payload = Payload.objects.get(pk=pk)\n    payload.size = 3\n    payload.save()\n    payload.empty()",
        "payload = Payload(text='x')\n    payload.save()\n    payload.empty()",
    ],
)
def test_callers_that_leave_nothing_to_save(rewritten: Fixed, tmp_path: Path, caller: str) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "other.py").write_text(f"def work(self, pk):\n    {caller}\n")
    found = rewritten(PAYLOAD, select=("RMW202",), sure=Confidence.LOW)
    assert 'self.save(update_fields=["text"])' in found.text


def test_an_abstract_class_saves_what_its_subclasses_have(assert_left: Fixed) -> None:
    code = PAYLOAD.replace("    def empty", "    class Meta:\n        abstract = True\n\n    def empty")
    assert_left(code, "is abstract", select=("RMW202",))

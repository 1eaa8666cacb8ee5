from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fix.conftest import Rewritten

Fixed = Callable[..., Rewritten]

MODELS = """
from django.db import models


class Order(models.Model):
    retries = models.IntegerField(default=0)
    weight = models.DecimalField()
    rank = models.TextField()
    changed = models.DateTimeField(auto_now=True)
"""


def test_an_integer_is_added_safely(assert_fixed: Fixed) -> None:
    body = """

def retry(pk):
    order = Order.objects.get(pk=pk)
    order.retries {}  # once more
    order.save({})
"""
    found = assert_fixed(
        MODELS + body.format("+= 1", ""),
        MODELS + body.format('= models.F("retries") + 1', 'update_fields=["retries", "changed"]'),
        safe_only=True,
    )
    assert found.applicabilities == ["safe"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("order.retries -= k", 'order.retries = models.F("retries") - k'),
        ("order.retries -= k + 1", 'order.retries = models.F("retries") - (k + 1)'),
        ("order.retries  +=  k", 'order.retries  =  models.F("retries") + k'),
        ("order.retries = order.retries + k", 'order.retries = models.F("retries") + k'),
        ("order.retries = k + order.retries - 1", 'order.retries = k + models.F("retries") - 1'),
        ("order.retries = order . retries * 2", 'order.retries = models.F("retries") * 2'),
    ],
)
def test_forms_of_arithmetic(assert_fixed: Fixed, before: str, after: str) -> None:
    body = """

def retry(pk, k):
    order = Order.objects.get(pk=pk)
    {}
    order.save(update_fields=["retries"])
"""
    found = assert_fixed(MODELS + body.format(before), MODELS + body.format(after), select=("RMW104",))
    assert found.applicabilities == [
        "safe" if before.endswith(("1", "2")) and "k" not in before else "unsafe"
    ]


def test_it_is_read_again_where_it_is_used_later(assert_fixed: Fixed) -> None:
    before = """

def retry(pk, k):
    order = Order.objects.get(pk=pk)
    order.retries += 1
    order.weight += k
    order.save()
    return order
"""
    after = """

def retry(pk, k):
    order = Order.objects.get(pk=pk)
    order.retries = models.F("retries") + 1
    order.weight = models.F("weight") + k
    order.save(update_fields=["retries", "weight", "changed"])
    order.refresh_from_db(fields=["retries", "weight"])
    return order
"""
    assert_fixed(MODELS + before, MODELS + after)


def test_async_with_an_import(assert_fixed: Fixed) -> None:
    code = MODELS.replace("from django.db import models", "import asyncio\n\nfrom django.db.models import {}")
    code = (
        code.replace("models.Model", "Model").replace("models.", "").replace("IntegerField", "IntegerField")
    )
    names = "DateTimeField, DecimalField, {}IntegerField, Model, TextField"
    body = """

async def retry(pk):
    order = await Order.objects.aget(pk=pk)
    order.retries {} 1
    await order.asave(update_fields=["retries"]){}
    return order.rank
"""
    assert_fixed(
        code.format(names.format("")) + body.format("+=", ""),
        code.format(names.format("F, "))
        + body.format('= F("retries") +', '\n    await order.arefresh_from_db(fields=["retries"])'),
        select=("RMW104",),
    )


def test_crlf_and_tabs_stay(rewritten: Fixed) -> None:
    body = "\r\n\r\ndef retry(pk):\r\n\torder = Order.objects.get(pk=pk)\r\n\torder.retries += 1\r\n\torder.save()\r\n\tprint(order)\r\n"
    code = MODELS.lstrip("\n").replace("\n", "\r\n") + body
    found = rewritten(code)
    after = code.replace("order.retries += 1", 'order.retries = models.F("retries") + 1').replace(
        "order.save()\r\n",
        'order.save(update_fields=["retries", "changed"])\r\n\torder.refresh_from_db(fields=["retries"])\r\n',
    )
    assert found.text == after.lstrip("\n")


@pytest.mark.parametrize(
    "body",
    [
        "if order.retries > 3:\n        return\n    order.retries += 1\n    order.save()",
        "order.retries += 1\n    print(order.retries)\n    order.save()",
        "order.retries = max(0, order.retries - 1)\n    order.save()",
        "order.retries //= 2\n    order.save()",
    ],
)
def test_where_the_old_value_decides_the_row_is_locked_instead(rewritten: Fixed, body: str) -> None:
    found = rewritten(MODELS + f"\n\ndef retry(pk):\n    order = Order.objects.get(pk=pk)\n    {body}\n")
    assert "select_for_update().get(pk=pk)" in found.text
    assert "F(" not in found.text


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (
            """
def retry(pk):
    order = Order.objects.get(pk=pk)
    for _ in range(3):
        order.retries += 1
        order.save(update_fields=["retries"])
""",
            "saved again",
        ),
        (
            """
def retry(pk, x):
    order = Order.objects.get(pk=pk)
    order.retries += 1
    if x:
        order.save(update_fields=["retries"])
    else:
        order.save(update_fields=["retries", "weight"])
""",
            "saved in more than one place",
        ),
        (
            """
def retry(pk, text):
    order = Order.objects.get(pk=pk)
    order.rank = order.rank + text
    order.save(update_fields=["rank"])
""",
            "plain number",
        ),
        (
            """
def retry(pk, F):
    order = Order.objects.get(pk=pk)
    order.retries += F
    order.save(update_fields=["retries"])
""",
            "`F` is taken",
        ),
    ],
)
def test_left(assert_left: Fixed, code: str, reason: str) -> None:
    head = "from django.db.models import DateTimeField, DecimalField, IntegerField, Model, TextField\n"
    classes = MODELS.replace("models.", "").replace("from django.db import models\n", "")
    assert_left(head + classes + "\n" + code, reason, only="compute_in_database", select=("RMW104",))


def test_a_save_of_its_own_would_see_the_expression(assert_left: Fixed) -> None:
    assert_left(
        MODELS
        + """
    def save(self, **kwargs):
        if self.retries > 9:
            raise ValueError
        super().save(**kwargs)


def retry(pk):
    order = Order.objects.get(pk=pk)
    order.retries += 1
    order.save(update_fields=["retries"])
""",
        "expression instead of a number",
        only="compute_in_database",
        select=("RMW104",),
    )

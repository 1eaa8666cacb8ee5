from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fix.conftest import Rewritten

Fixed = Callable[..., Rewritten]

MODELS = """
from django.db import models


class Order(models.Model):
    status = models.TextField()
    note = models.TextField()
"""


def test_the_outcome_is_treated_as_the_test_was(assert_fixed: Fixed) -> None:
    body = """

def pay(pks, note):
    for pk in pks:
        order = Order.objects.get(pk=pk)
        if order.status != "open":
            # too late
            continue
        order.note = note
        order.status = "paid"
        # now
        {}  # done
        print(order)
"""
    found = assert_fixed(
        MODELS + body.format('order.save(update_fields=["note", "status"])').replace("  # done", ""),
        MODELS
        + body.format(
            'if not Order.objects.filter(pk=order.pk, status="open")'
            ".update(note=order.note, status=order.status):\n"
            "            continue"
        ).replace("  # done", ""),
    )
    assert found.applicabilities == ["unsafe"]


def test_async_and_a_constant_by_name(assert_fixed: Fixed) -> None:
    body = """

async def pay(pk):
    order = await Order.objects.aget(pk=pk)
    if order.status != Order.OPEN:
        raise ValueError(pk)
    order.status = "paid"
    {}
"""
    assert_fixed(
        MODELS + body.format('await order.asave(update_fields=["status"])'),
        MODELS
        + body.format(
            "if not await Order.objects.filter(pk=order.pk, status=Order.OPEN).aupdate(status=order.status):\n"
            "        raise ValueError(pk)"
        ),
    )


@pytest.mark.parametrize(
    "body",
    [
        'if order.status == "paid":\n        return\n    order.status = "paid"\n'
        '    order.save(update_fields=["status"])',
        'if order.status != "open":\n        return\n    charge(order)\n    order.status = "paid"\n'
        '    order.save(update_fields=["status"])',
        'if order.status != "open":\n        log(1)\n        return\n    order.status = "paid"\n'
        '    order.save(update_fields=["status"])',
        'if order.status != wanted:\n        return\n    order.status = "paid"\n'
        '    order.save(update_fields=["status"])',
        'if order.status != "open":\n        return\n    order.status = "paid"\n    order.save()',
        'if order.status != "open":\n        return\n    order.status = "paid"\n'
        '    order.save(update_fields=["status", "note"])',
    ],
)
def test_other_shapes_are_left_to_the_row_lock(rewritten: Fixed, body: str) -> None:
    code = MODELS + f"\n\ndef pay(pk, wanted):\n    order = Order.objects.get(pk=pk)\n    {body}\n"
    assert ".update(" not in rewritten(code).text


def test_stamped_columns_and_a_save_of_its_own(assert_left: Fixed) -> None:
    body = """
def pay(pk):
    order = Order.objects.get(pk=pk)
    if order.status != "open":
        raise ValueError(pk)
    order.status = "paid"
    order.save(update_fields=["status"])
"""
    stamped = MODELS + "    changed = models.DateTimeField(auto_now=True)\n\n" + body
    assert_left(stamped, "does more", only="write_carries_test")

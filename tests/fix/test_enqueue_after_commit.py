from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fix.conftest import Rewritten

Fixed = Callable[..., Rewritten]

HEAD = """
{0}from celery import shared_task
from django.db import {1}


@shared_task
def send(pk):
    print(pk)
"""

PARTIAL = "from functools import partial\n\n"


def test_arguments_and_keywords(assert_fixed: Fixed) -> None:
    body = """

@transaction.atomic
def bill(order):
    order.close()
    {}  # told


def ship(order):
    with transaction.atomic():
        order.close()
        if order:
            {}
"""
    found = assert_fixed(
        HEAD.format("", "transaction")
        + body.format("send.delay(order.pk)", "send.apply_async(args=[order.pk], priority=3)"),
        HEAD.format(PARTIAL, "transaction")
        + body.format(
            "transaction.on_commit(partial(send.delay, order.pk))",
            "transaction.on_commit(partial(send.apply_async, args=[order.pk], priority=3))",
        ),
    )
    assert found.applicabilities == ["unsafe", "unsafe"]


def test_no_arguments_need_no_partial(assert_fixed: Fixed) -> None:
    body = """

def bill(order):
    with transaction.atomic(using="other"):
        order.close()
        {}
"""
    assert_fixed(
        HEAD.format("", "transaction") + body.format("send.delay()"),
        HEAD.format("", "transaction") + body.format('transaction.on_commit(send.delay, using="other")'),
    )


def test_the_module_s_way_to_import(assert_fixed: Fixed) -> None:
    code = """
import functools

from celery import shared_task
from django.db.transaction import atomic
{}

@shared_task
def send(pk):
    print(pk)


def bill(order):
    with atomic():
        order.close()
        {}
"""
    code = code.replace("\n{}\n", "{}\n", 1)
    before = code.format("", "send.delay(order.pk)")
    found = assert_fixed(
        before,
        before.replace(
            "send.delay(order.pk)", "transaction.on_commit(functools.partial(send.delay, order.pk))"
        ).replace(
            "from django.db.transaction", "from django.db import transaction\nfrom django.db.transaction"
        ),
    )
    assert found.outcome.mended == 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("found = send.delay(order.pk)", "result of the call is used"),
        ("return send.delay(order.pk)", "result of the call is used"),
        ("(send if order else send).delay(order.pk)", ""),
    ],
)
def test_left(rewritten: Fixed, line: str, reason: str) -> None:
    code = (
        HEAD.format("", "transaction")
        + f"\n\ndef bill(order):\n    with transaction.atomic():\n        order.close()\n        {line}\n"
    )
    found = rewritten(code)
    assert found.text == code.lstrip("\n")
    if reason:
        assert reason in found.reasons[0]


def test_another_library_s_transaction_is_left(assert_left: Fixed) -> None:
    assert_left(
        """
from celery import shared_task
from sqlalchemy.orm import Session


@shared_task
def send(pk):
    print(pk)


def bill(session: Session, order):
    with session.begin():
        session.add(order)
        send.delay(order.pk)
""",
        "not taken by `transaction.atomic`",
    )


def test_a_task_sent_further_down_is_left(assert_left: Fixed) -> None:
    assert_left(
        HEAD.format("", "transaction")
        + """

def tell(order):
    send.delay(order.pk)


def bill(order):
    with transaction.atomic():
        order.close()
        tell(order)
""",
        "further down",
    )


def test_after_the_block_or_deferred_there_is_nothing_to_do(rewritten: Fixed) -> None:
    code = (
        HEAD.format("", "transaction")
        + """

def bill(order):
    with transaction.atomic():
        transaction.on_commit(lambda: send.delay(order.pk))
    send.delay(order.pk)
"""
    )
    found = rewritten(code)
    assert found.text == code.lstrip("\n")
    assert not found.outcome.left


def test_arguments_on_lines_of_their_own(assert_fixed: Fixed) -> None:
    head = """
from functools import partial

from celery import shared_task
from django.db import models, transaction


class Order(models.Model):
    note = models.TextField()


@shared_task
def send(pk, text):
    print(pk, text)


def pay(pk):
    with transaction.atomic(using="orders"):
        Order.objects.filter(pk=pk).update(note="paid")
"""
    before = """
        send.delay(
            pk,  # whose
            # what
            text=[
                pk,
            ],
        )
"""
    after = """
        transaction.on_commit(
            partial(
                send.delay,
                pk,  # whose
                # what
                text=[
                    pk,
                ],
            ),
            using="orders",
        )
"""
    assert_fixed(head + before[1:], head + after[1:])

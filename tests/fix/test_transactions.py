from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fix.conftest import Rewritten

Fixed = Callable[..., Rewritten]

HEAD = """
from celery import shared_task
from django.db import models, transaction


class Account(models.Model):
    balance = models.IntegerField()
    note = models.TextField()


"""


def test_a_transaction_lasts_to_the_last_use_of_the_row(assert_fixed: Fixed) -> None:
    before = """@shared_task
def charge(pk):
    # locked
    account = Account.objects.select_for_update().get(pk=pk)  # now
    print("charging")
    account.note = "charged"

    account.save(update_fields=["note"])
    print("done")
"""
    after = """@shared_task
def charge(pk):
    # locked
    with transaction.atomic():
        account = Account.objects.select_for_update().get(pk=pk)  # now
        print("charging")
        account.note = "charged"

        account.save(update_fields=["note"])
    print("done")
"""
    assert assert_fixed(HEAD + before, HEAD + after).applicabilities == ["unsafe"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("return Account.objects.select_for_update().get(pk=pk)", "handed on"),
        ("account = Account.objects.select_for_update().get(pk=pk)\n    return account", "handed on"),
        (
            "account = Account.objects.select_for_update().get(pk=pk)\n    try:\n        account.save()\n"
            "    except models.IntegrityError:\n        pass",
            "database error",
        ),
        (
            "account = Account.objects.select_for_update().get(pk=pk)\n    yield account.pk",
            "over a `yield`",
        ),
    ],
)
def test_left(rewritten: Fixed, body: str, reason: str) -> None:
    code = f"{HEAD}@shared_task\ndef charge(pk):\n    {body}\n"
    found = rewritten(code, select=("RMW305",))
    assert found.text == code.lstrip("\n")
    assert reason in " ".join(found.reasons)

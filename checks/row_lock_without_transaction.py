"""Rows are locked while no transaction is open.

A row lock lasts until its transaction ends. Where none was opened, the statement is a transaction of its own:
the lock is given back before the row is even looked at, or the library refuses to run the query.

Bad:

    from django.db import models
    from django.views import View

    class Account(models.Model):
        balance = models.IntegerField()

    class Withdrawal(View):
        def post(self, request, pk):
            account = Account.objects.select_for_update().get(pk=pk)  # RMW305
            account.balance -= 10
            account.save()

Good:

    from django.db import models, transaction
    from django.views import View

    class Account(models.Model):
        balance = models.IntegerField()

    class Withdrawal(View):
        def post(self, request, pk):
            with transaction.atomic():
                account = Account.objects.select_for_update().get(pk=pk)
                account.balance -= 10
                account.save()

Open a transaction that lasts from the locked read to the last write that depends on it.

Fix for Django: a locked read and what is done with its row → inside `transaction.atomic()`. Unsafe: errors
roll more back.
"""

from collections.abc import Iterator

from rmwlint.check import Check, View, Violation

check = Check("RMW305", "row-lock-without-transaction", since="0.1")


@check.on_function
def find(view: View) -> Iterator[Violation]:
    for event, sure in view.untransacted():
        place = event.place.text.rstrip("'") if event.place is not None else ""
        yield view.violation(
            check,
            event.op,
            f"`{place}` is locked while no transaction is open: the lock is gone at once, or refused",
            place=place,
            sure=sure,
            steps=(view.step("read", event.op, "locked here, with no transaction open"),),
            interleaving=(
                ("A", f"locks and reads {place}, and gives the lock back at once"),
                ("B", f"reads and changes {place}"),
                ("A", "goes on as if nobody could"),
            ),
            remedy="open a transaction around the locked read and every write that depends on it",
        )

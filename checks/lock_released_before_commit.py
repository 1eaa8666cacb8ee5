"""The lock that guards a row is given back while the transaction around it is still open.

What is written under the lock is seen by others only after the commit. Between the end of the lock and the
commit, another request takes the lock, reads the old row and writes what it made of it: one update is lost.

Bad:

    import threading
    from django.db import models, transaction

    lock = threading.Lock()

    class Account(models.Model):
        balance = models.IntegerField()

    @transaction.atomic
    def withdraw(pk, amount):
        with lock:
            account = Account.objects.get(pk=pk)
            account.balance -= amount
            account.save()  # RMW309

Good:

    import threading
    from django.db import models, transaction

    lock = threading.Lock()

    class Account(models.Model):
        balance = models.IntegerField()

    def withdraw(pk, amount):
        with lock, transaction.atomic():
            account = Account.objects.get(pk=pk)
            account.balance -= amount
            account.save()

Take the lock before the transaction begins, or lock the row itself: the database keeps that until the commit.
Told as well of a lock that is taken in the transaction around calls of what reads rows and writes some of
their kind.
"""

from collections.abc import Iterator

from rmwlint.check import Check, View, Violation, place_text

check = Check("RMW309", "lock-released-before-commit", since="0.1")


@check.on_events
def find(view: View) -> Iterator[Violation]:
    for found in view.early():
        write, lock = found.write, found.lock
        place = write.place.text if write.place is not None else ""
        if found.window is not None:
            place = place_text(view, found.window)
        steps = list(view.held_step(found.transaction))
        by = ""
        if not found.inside:
            steps += view.held_step(lock)
            written = view.step("write", write.op, "written here, and not committed yet", found.below)
            steps.append(written)
        elif found.below is not None:
            by = f" in `{found.below.facts.name}`"
            steps.append(view.step("lock", found.op, f"`{lock.text}` is taken and given back{by}"))
            steps.append(view.step("write", write.op, "written under the lock here", found.below))
        yield view.violation(
            check,
            found.op,
            f"`{lock.text}` guards `{place}`{by}, but is given back before the transaction"
            f" `{found.transaction.text}` ends",
            place=place,
            sure=found.sure,
            steps=steps,
            interleaving=(
                ("A", f"takes the lock, writes {place} = 4, gives the lock back"),
                ("B", f"takes the lock, reads {place} = 3, as A has not committed"),
                ("A", "commits"),
                ("B", f"writes {place} = 4    A's update is lost"),
            ),
            remedy="take the lock before the transaction begins, or lock the row itself",
        )

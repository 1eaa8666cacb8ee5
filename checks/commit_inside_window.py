"""The transaction of a locked read ends before the write that depends on it.

A row lock lasts as long as its transaction. A commit, a rollback, or the end of the block between the read
and the write gives it back: another request reads and writes the row in between, and this write undoes that.

Bad:

    from django.db import models, transaction

    class Account(models.Model):
        balance = models.IntegerField()

    def withdraw(pk, amount):
        with transaction.atomic():
            account = Account.objects.select_for_update().get(pk=pk)
        account.balance -= amount
        account.save()  # RMW306

Bad, with a session:

    from sqlalchemy import Column, Integer
    from sqlalchemy.orm import Session, declarative_base

    class Account(declarative_base()):
        __tablename__ = "accounts"
        id = Column(Integer, primary_key=True)
        balance = Column(Integer)

    def withdraw(session: Session, pk, amount):
        account = session.query(Account).filter_by(id=pk).with_for_update().one()
        rest = account.balance - amount
        session.commit()
        session.query(Account).filter_by(id=pk).update({"balance": rest})  # RMW306
        session.commit()

Good:

    from django.db import models, transaction

    class Account(models.Model):
        balance = models.IntegerField()

    def withdraw(pk, amount):
        with transaction.atomic():
            account = Account.objects.select_for_update().get(pk=pk)
            account.balance -= amount
            account.save()

Write before the transaction ends, or lock and read the row again.
"""

from collections.abc import Iterator

from rmwlint.check import Check, View, Violation, lost_update, place_text

check = Check("RMW306", "commit-inside-window", since="0.1")


@check.on_windows
def find(view: View) -> Iterator[Violation]:
    for found in view.released():
        window = found.window
        assert window.read is not None
        place = place_text(view, window)
        how = "locked and read" if found.locked else "read"
        yield view.violation(
            check,
            window.write.op,
            f"`{place}` is {how} in a transaction that has ended when it is written",
            place=place,
            sure=found.sure,
            steps=(
                view.step("read", window.read.op, f"{how} here"),
                *view.trail(window.read, f"{how} here", "read"),
                view.step("hazard", found.op, "the transaction ends here"),
                view.step("write", window.write.op, "written here"),
                *view.trail(window.write, "written here", "write"),
            ),
            interleaving=lost_update(place),
            remedy="write before the transaction ends, or lock and read the row again",
        )

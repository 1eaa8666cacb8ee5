"""A number computed from a stale read is written back.

Between the read and the save another request can read the same number; both write what they computed
from it, and one of the two changes is lost. Nothing fails, the total is just wrong.

The same is said of any computed value where the code itself asks for a lock that it does not take: a query
with `select_for_update()` that is never run, in the transaction of the write.

Bad:

    from django.db import models

    class Order(models.Model):
        retries = models.IntegerField(default=0)

    def retry(pk):
        order = Order.objects.get(pk=pk)
        order.retries += 1
        order.save()

Bad, with a session:

    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

    class Base(DeclarativeBase):
        pass

    class Order(Base):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)
        retries: Mapped[int] = mapped_column(default=0)

    def retry(session: Session, pk):
        order = session.get(Order, pk)
        order.retries += 1
        session.commit()

Good:

    from django.db import models
    from django.db.models import F

    class Order(models.Model):
        retries = models.IntegerField(default=0)

    def retry(pk):
        Order.objects.filter(pk=pk).update(retries=F("retries") + 1)

Good, with a session:

    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

    class Base(DeclarativeBase):
        pass

    class Order(Base):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)
        retries: Mapped[int] = mapped_column(default=0)

    def retry(session: Session, pk):
        order = session.get(Order, pk)
        order.retries = Order.retries + 1
        session.commit()

Low confidence in a method such as `__iadd__`: whoever adds to the row with `+=` has read it, and may lock it;
where everybody in the project who calls the function has locked rows; where all who are known to call
it, or to start it as a thread, have just made the row, or run by hand; where the row is itself a context
manager, or is kept by an object whose timer alone has it written; and where the same save makes the
function's own test refuse whoever comes next (`if not row.closed: row.times += 1; row.closed = True`): the
number is counted up once for each time the test is passed, which is as it should be.

Let the database compute (`F("retries") + 1`, `SET retries = retries + 1`), or hold a row lock from the read
to the commit (`select_for_update`, `with_for_update`), or compare a version in the write.

Fix for Django: `obj.n += k` → `obj.n = F("n") + k`, saved alone, read again where it is used later. Safe
where an integer is added to a known number column of a row that stays in the function. Unsafe otherwise:
the database may round in another way, or others see the object.

Fix for SQLAlchemy: `obj.n += k` → `obj.n = Model.n + k`, computed by the UPDATE. Unsafe: the object holds
an expression until the flush.

Fix for Django, SQLAlchemy: `.get(…)` → `.select_for_update().get(…)` in `transaction.atomic()`;
`with_for_update()`. Unsafe: others wait for the row, and errors roll more back.
"""

from collections.abc import Iterator

from rmwlint.check import (
    LOW,
    MEDIUM,
    Check,
    View,
    Violation,
    is_version,
    lost_update,
    place_text,
    window_steps,
)

check = Check("RMW104", "lost-arithmetic", since="0.1")


@check.on_windows
def find(view: View) -> Iterator[Violation]:
    told: set[tuple[int, int | None]] = set()
    for window in view.open_windows:
        if (window.write.op, window.set_at) in told:
            continue  # one statement is one fault, however many columns it takes
        if window.how != "arith" or window.write.does not in ("write", "swap") or window.attribute is None:
            continue
        if is_version(window.attribute):
            continue  # told as a version that is not compared
        told.add((window.write.op, window.set_at))
        place = place_text(view, window)
        new = "2" if view.operator_at(window.set_at) == "-" else "4"
        yield view.violation(
            check,
            window.write.op,
            f"`{place}` is written back from a value read before; an update in between is lost",
            place=place,
            sure=min(window.sure, LOW) if view.augments or view.moved_on(window) else window.sure,
            steps=window_steps(view, window),
            interleaving=lost_update(place, "3", new, new),
            remedy="let the database compute the new value, or lock the row from the read to the commit",
            hints=(("attribute", window.attribute), *view.hints(window.write)),
        )


@check.on_events
def find_unlocked(view: View) -> Iterator[Violation]:
    for event, lock in view.under_untaken_lock():
        told = any(window.how == "arith" and window.write.op == event.op for window in view.open_windows)
        if told or event.place is None:
            continue
        place = event.place.text
        names = ", ".join(f"`{name}`" for name in view.names(event)[:4]) or "what was computed"
        steps = [view.step("read", at, f"`{name}` is computed here") for name, at in event.set_at[:4]]
        steps.append(view.step("lock", lock.op, "this query is never run, and locks nothing"))
        steps.append(view.step("write", event.op, "written back here"))
        yield view.violation(
            check,
            event.op,
            f"{names} of `{place}` is written back from what was read before; the lock for it is never taken",
            place=place,
            sure=min(event.sure, lock.sure, MEDIUM),
            steps=steps,
            interleaving=lost_update(place),
            remedy="run the locking query before the rows are read, and read them by it",
        )

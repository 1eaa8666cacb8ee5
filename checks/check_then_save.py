"""A branch on a stale attribute decides a write of that attribute to the same row.

Two requests can both see the old state, both pass the test, and both go on: the order is paid twice, the
volume is attached and deleted.

Bad:

    from django.db import models

    class Order(models.Model):
        status = models.CharField(max_length=20)

    def pay(pk):
        order = Order.objects.get(pk=pk)
        if order.status != "open":
            raise ValueError("not open")
        order.status = "paid"
        order.save(update_fields=["status"])
        charge(pk)

Bad, with a session:

    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

    class Base(DeclarativeBase):
        pass

    class Order(Base):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)
        status: Mapped[str]

    def pay(session: Session, pk):
        order = session.get(Order, pk)
        if order.status != "open":
            raise ValueError("not open")
        order.status = "paid"
        session.commit()
        charge(pk)

Good:

    from django.db import models

    class Order(models.Model):
        status = models.CharField(max_length=20)

    def pay(pk):
        if not Order.objects.filter(pk=pk, status="open").update(status="paid"):
            raise ValueError("not open")
        charge(pk)

Good, with a session:

    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

    class Base(DeclarativeBase):
        pass

    class Order(Base):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)
        status: Mapped[str]

    def pay(session: Session, pk):
        order = session.get(Order, pk, with_for_update=True)
        if order.status != "open":
            raise ValueError("not open")
        order.status = "paid"
        session.commit()
        charge(pk)

Said too where the row is set to a state by its key alone, in a function whose callers in other files have
tested that state: what is missing is missing there.

A flag that is set where it was not set yet is told with low confidence: whoever comes second writes the same.
Not so where a mail, a task or a message goes out there, which then goes out twice.

Low confidence where the client must say which version it changes (`If-Match`) and is refused with an old one,
where everybody in the project who calls the function has locked rows, where what was fetched replaces what
had expired, where the test only asks if what was sent is anything new, and where a row that came in is called
like one that a context manager of the project reserves (`self.server = Server.reserve(…)` in a class with
`__exit__`).

Make the write carry the test (`filter(pk=…, status=OLD).update(status=NEW)`, and look at the row count), or
lock the row before the test.

Fix for Django: test, then `save` → `if not ….filter(pk=…, status=OLD).update(status=…):`. Unsafe: no
signals are sent.

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
    Window,
    both_pass,
    place_text,
    window_steps,
)

check = Check("RMW106", "check-then-save", since="0.1")


@check.on_windows
def find(view: View) -> Iterator[Violation]:
    told: set[tuple[str, int]] = set()
    for window in sorted(view.open_windows, key=lambda window: (-_sure(view, window), window.write.op)):
        if window.how != "decide" or window.write.does != "write":
            continue
        if not _sets(window) and not _puts_back(window):
            continue
        if any(guard.partition("_")[2] == window.attribute for guard in window.write.offered):
            continue  # RMW101 says it, with the guard that the class offers
        place = place_text(view, window)
        # One test that several writes follow is one fault.
        if (place, 0) in told or ("", window.write.op) in told:
            continue
        told |= {(place, 0), ("", window.write.op)}
        test = "looked for" if window.branch is None else "tested"
        deed = "then put back with the whole row" if _puts_back(window) else "then set"
        yield view.violation(
            check,
            window.write.op,
            f"`{place}` is {test} and {deed}, and nothing keeps another from passing the same test",
            place=place,
            sure=_sure(view, window),
            steps=window_steps(view, window),
            interleaving=both_pass(place, f"tests {place}", f"writes {place}", "both went on"),
            remedy="make the write carry the test (a conditional update), or lock the row before the test",
            hints=(("attribute", window.attribute or ""), *view.hints(window.write)),
        )


@check.on_events
def find_below(view: View) -> Iterator[Violation]:
    for write, caller, window in view.tested_above:
        place = f"{view.thing(write)}.{window.attribute}"
        steps = []
        if window.read is not None:
            steps.append(view.step("read", window.read.op, "read here", caller))
        if window.branch is not None:
            steps.append(view.step("decide", window.branch, "tested here", caller))
        steps.append(view.step("write", write.op, "written here, whatever is there by then"))
        yield view.violation(
            check,
            write.op,
            f"`{place}` is set by the key alone, although `{caller.facts.name}` has tested it; nothing keeps "
            "another from passing the same test",
            place=place,
            sure=min(window.sure, MEDIUM),
            steps=steps,
            interleaving=both_pass(place, f"tests {place}", f"writes {place}", "both went on"),
            remedy="make the write carry the test, and tell the caller how many rows it has met",
            hints=(("attribute", window.attribute or ""), *view.hints(write)),
        )


def _sure(view: View, window: Window) -> int:
    made_here = window.read is None and (view.makes or view.filled_in(window.write))
    if made_here:
        return min(window.sure, LOW)
    if not _harmless(window) or view.handed_out(window):
        return window.sure
    return min(window.sure, MEDIUM if view.done_again(window) else LOW)


def _sets(window: Window) -> bool:
    """Whether the write gives the tested column a value of its own, not one made of its old value."""
    value = dict(window.write.columns).get(window.attribute or "")
    own = None if window.read is None else window.read.op
    return value is not None and not any(
        dep[1] == window.attribute and own in (None, dep[0]) for dep in value.deps
    )


def _puts_back(window: Window) -> bool:
    """Whether the write takes every column of the row, by way of an object made around it."""
    row = window.write.row
    return row is not None and row.at == "wrapped" and not window.write.columns


def _harmless(window: Window) -> bool:
    """A flag that is set when it is not set yet: whoever comes second writes the same."""
    value = dict(window.write.columns).get(window.attribute or "")
    return value is not None and value.const in (True, False) and not window.write.offered

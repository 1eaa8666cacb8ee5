"""Scenes of Django models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from rmwlint.prove.replay import Outcome, Scene
from rmwlint.prove.waiting import in_django
from tests.proof.proof import Proof
from tests.proof.worlds import DjangoWorld, Recorder

Acts = tuple[Callable[[Any], Any], Callable[[Any], Any]]


def _scene(
    world: DjangoWorld,
    model: Any,
    acts: Acts,
    *,
    rows: tuple[Mapping[str, Any], ...] = ({},),
    seen: Callable[[], Any] = lambda: None,
    begin: Callable[[], None] = lambda: None,
    counts: Any = None,
    holds: Callable[[Outcome], bool] | None = None,
) -> Scene:
    """Actors that meet at the first of ``rows``; ``counts``: another model whose rows are observed."""

    def arrange() -> Any:
        begin()
        if counts is not None:
            counts.objects.all().delete()
        model.objects.all().delete()
        made = [model.objects.create(**row) for row in rows]
        return made[0] if made else None

    def observe(_: Any) -> Any:
        found = sorted(map(repr, map(_values, (counts or model).objects.all())))
        return found, seen()

    return Scene(arrange, acts, observe, in_django(world.connection), _close, holds=holds)


def _values(row: Any) -> dict[str, Any]:
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if not field.primary_key and not field.is_relation
    }


def _close() -> None:
    from django.db import connections

    connections.close_all()


def _both(act: Callable[[Any], Any]) -> Acts:
    return act, act


def _retry(world: DjangoWorld, text: str) -> Scene:
    module = world.load(text)
    return _scene(world, module.Order, _both(lambda row: module.retry(row.pk)))


def _settings(world: DjangoWorld, text: str) -> Scene:
    module = world.load(text)
    return _scene(
        world,
        module.Profile,
        (lambda row: module.choose(row.pk, "theme", "dark"), lambda row: module.choose(row.pk, "size", 12)),
    )


def _pay(world: DjangoWorld, text: str) -> Scene:
    charge = Recorder()
    module = world.load(text, charge=charge)
    return _scene(
        world,
        module.Order,
        _both(lambda row: module.pay(row.pk)),
        rows=({"status": "open"},),
        seen=lambda: len(charge.calls),
        begin=charge.calls.clear,
    )


def _claim(world: DjangoWorld, text: str) -> Scene:
    started = Recorder()
    module = world.load(text)
    module.subprocess = SimpleNamespace(run=started)
    return _scene(
        world,
        module.Job,
        _both(lambda row: module.claim(row.pk)),
        rows=({"status": "queued"},),
        begin=started.calls.clear,
        holds=lambda _: len(started.calls) == 1,
    )


def _edit(world: DjangoWorld, text: str) -> Scene:
    module = world.load(text)
    return _scene(
        world,
        module.Page,
        (lambda row: module.edit(row.pk, "mine"), lambda row: module.edit(row.pk, "theirs")),
    )


def _annotate(world: DjangoWorld, text: str) -> Scene:
    module = world.load(text)

    def pay(row: Any) -> None:
        module.Order.objects.filter(pk=row.pk).update(status="paid")

    return _scene(
        world, module.Order, (lambda row: module.annotate(row.pk, "fragile"), pay), rows=({"status": "open"},)
    )


def _withdraw(world: DjangoWorld, text: str) -> Scene:
    module = world.load(text)
    return _scene(
        world,
        module.Account,
        (lambda row: module.withdraw(row.pk, 1), lambda row: module.withdraw(row.pk, 20)),
        rows=({"balance": 100},),
    )


def _post(world: DjangoWorld, text: str) -> Scene:
    module = world.load(text)

    def act(row: Any) -> None:
        module.Withdrawal().post(None, row.pk)

    return _scene(world, module.Account, _both(act), rows=({"balance": 100},))


def _book_place(world: DjangoWorld, text: str) -> Scene:
    module = world.load(text)
    return _scene(world, module.Event, _both(lambda row: module.book(row.pk)), rows=({"places": 2},))


def _add_seat(world: DjangoWorld, text: str) -> Scene:
    module = world.load(text)
    return _scene(world, module.Seat, _both(lambda row: module.add("hall")), rows=({"room": "hall"},) * 39)


def _tag(world: DjangoWorld, text: str) -> Scene:
    module = world.load(text)
    return _scene(world, module.Tag, _both(lambda _: module.tag_named("red") is not None), rows=())


def _book_seat(world: DjangoWorld, text: str) -> Scene:
    module = world.load(text)
    if hasattr(module, "Event"):
        act = _both(lambda event: module.book(event.pk))
        return _scene(world, module.Event, act, rows=({"limit": 1},), counts=module.Seat)
    return _scene(world, module.Seat, _both(lambda _: module.book(1, 1)), rows=())


def _bill(world: DjangoWorld, text: str) -> Scene:
    module = world.load(text)
    if hasattr(module, "Customer"):
        act = _both(lambda customer: bool(module.bill(customer.pk)))
        return _scene(world, module.Customer, act, rows=({"name": "ann"},), counts=module.Invoice)
    return _scene(world, module.Invoice, _both(lambda _: bool(module.bill(1))), rows=())


def _lease(world: DjangoWorld, text: str) -> Scene:
    module = world.load(text)
    if hasattr(module, "Pool"):
        act = _both(lambda pool: bool(module.lease(pool.pk)))
        return _scene(world, module.Pool, act, rows=({"name": "web"},), counts=module.Lease)
    return _scene(world, module.Lease, _both(lambda _: bool(module.lease(1))), rows=())


def _discard(world: DjangoWorld, text: str) -> Scene:
    module = world.load(text)
    drafts = module.Draft.objects
    acts = (
        lambda row: module.discard(row.pk),
        lambda row: bool(drafts.filter(pk=row.pk, status="open").update(status="sent")),
    )
    return _scene(world, module.Draft, acts, rows=({"status": "open"},))


def _take_down(world: DjangoWorld, text: str) -> Scene:
    module = world.load(text)
    acts = (
        lambda row: module.take_down(row.pk),
        lambda row: bool(module.Book.objects.create(shelf_id=row.pk)),
    )
    left = module.Shelf.objects.count
    return _scene(world, module.Shelf, acts, rows=({"name": "top"},), seen=left, counts=module.Book)


def _settle(world: DjangoWorld, text: str) -> Scene:
    module = world.load(text)
    stocks = module.Stock.objects

    def begin() -> None:
        module.Preorder.objects.all().delete()
        stocks.all().delete()
        stocks.create(pk=1)

    return _scene(
        world,
        module.Preorder,
        _both(lambda row: module.settle(row.pk) is None),
        rows=({"stock_id": 1, "count": 3},),
        seen=lambda: list(stocks.values_list("count", flat=True)),
        begin=begin,
    )


PROOFS = (
    Proof("RMW104", "Django", _retry),
    Proof("RMW105", "Django", _settings),
    Proof("RMW106", "Django", _pay),
    Proof("RMW107", "Django", _claim),
    Proof("RMW108", "Django", _edit),
    Proof("RMW110", "Django", _discard),
    Proof("RMW110", "Django", _take_down, bad=2, good=2),
    Proof("RMW110", "Django", _settle, bad=3, good=3),
    Proof("RMW202", "Django", _annotate),
    Proof("RMW305", "Django", _post, refused="TransactionManagementError"),
    Proof("RMW306", "Django", _withdraw),
    Proof("RMW308", "Django", _book_place, after="event = "),
    Proof("RMW308", "Django", _add_seat, bad=2, good=0),
    Proof("RMW309", "Django", _withdraw),
    Proof("RMW501", "Django", _tag),
    Proof(
        "RMW502",
        "Django",
        _tag,
        after="return (self.get(",
        inside=("django.db.models.query", "QuerySet.get_or_create"),
    ),
    Proof("RMW503", "Django", _bill),
    Proof("RMW504", "Django", _book_seat),
    Proof("RMW505", "Django", _lease),
)

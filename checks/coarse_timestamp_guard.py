"""A compare-and-swap on a timestamp of whole seconds.

The write is made on condition that the time of the last change is still the one that was read. Where the
database keeps whole seconds, two changes within one second have the same time, and both pass.

Bad:

    from sqlalchemy import DateTime, update
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

    class Base(DeclarativeBase):
        pass

    class Image(Base):
        __tablename__ = "images"
        id: Mapped[int] = mapped_column(primary_key=True)
        size: Mapped[int]
        updated_at = mapped_column(DateTime, default=whole_seconds, onupdate=whole_seconds)

    def grow(session, pk, more):
        image = session.get(Image, pk)
        found = session.execute(
            update(Image)
            .where(Image.id == pk)
            .where(Image.updated_at == image.updated_at)
            .values(size=image.size + more)
        )
        return found.rowcount

Good:

    from sqlalchemy import update
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

    class Base(DeclarativeBase):
        pass

    class Image(Base):
        __tablename__ = "images"
        id: Mapped[int] = mapped_column(primary_key=True)
        size: Mapped[int]
        revision: Mapped[int] = mapped_column(default=0)

    def grow(session, pk, more):
        image = session.get(Image, pk)
        found = session.execute(
            update(Image)
            .where(Image.id == pk)
            .where(Image.revision == image.revision)
            .values(size=image.size + more, revision=image.revision + 1)
        )
        return found.rowcount

Compare an integer that every write counts up, or keep the time with its fractions.
"""

from collections.abc import Iterator

from rmwlint.check import LOW, MEDIUM, Check, View, Violation, both_pass, is_timestamp

check = Check("RMW109", "coarse-timestamp-guard", since="0.1")


@check.on_events
def find(view: View) -> Iterator[Violation]:
    for event in view.events:
        if event.does not in ("write", "swap") or event.query is None or event.place is None or event.trail:
            continue
        for column, _, deps in event.query.conditions:
            if not is_timestamp(column) or not any(dep[1] == column for dep in deps):
                continue
            place = f"{event.place.text}.{column}"
            yield view.violation(
                check,
                event.op,
                f"the write is guarded by `{column}`: two changes within one second pass it both, "
                "unless the database keeps fractions",
                place=place,
                sure=LOW if view.keeps_fractions(event) else min(event.sure, MEDIUM),
                steps=[view.step("guard", event.op, f"on condition of `{column}`")],
                interleaving=both_pass(
                    place, f"reads {place} = 12:00:00", "writes within that second", "A's is lost"
                ),
                remedy="compare an integer that every write counts up, or keep the time with its fractions",
            )
            break

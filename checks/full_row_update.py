"""Every attribute of an object is serialised and used as the UPDATE's values.

The object was read some time ago. Writing all of it puts back what others have changed meanwhile, in columns
that this code never meant to touch.

Bad:

    from sqlalchemy import update
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

    class Base(DeclarativeBase):
        pass

    class Image(Base):
        __tablename__ = "images"
        id: Mapped[str] = mapped_column(primary_key=True)
        name: Mapped[str]
        status: Mapped[str]
        size: Mapped[int]
        visibility: Mapped[str]

    def save(session, image):
        values = {
            "name": image.name,
            "status": image.status,
            "size": image.size,
            "visibility": image.visibility,
        }
        session.execute(update(Image).where(Image.id == image.image_id).values(**values))

Good:

    from sqlalchemy import update
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

    class Base(DeclarativeBase):
        pass

    class Image(Base):
        __tablename__ = "images"
        id: Mapped[str] = mapped_column(primary_key=True)
        name: Mapped[str]
        status: Mapped[str]
        size: Mapped[int]
        visibility: Mapped[str]

    def save(session, image, changed):
        session.execute(update(Image).where(Image.id == image.image_id).values(**changed))

Write only what changed, or compare a version in the write. Low confidence where the write compares a state
or names columns that it treats apart: then somebody has thought of what may be put back; where the row is
deleted next; where the object was made, of what came in, in order to be saved; where all who are known to
have it saved have set each attribute of it before, or have just made it of what came in; and in what runs by
hand.

Fix for SQLAlchemy and others: `values(**every_attribute)` → the columns that the function sets. Unsafe: an
attribute may have been changed in a way that is not seen.
"""

from collections.abc import Iterator

from rmwlint.check import LOW, MEDIUM, Check, View, Violation

check = Check("RMW201", "full-row-update", since="0.1")


@check.on_events
def find(view: View) -> Iterator[Violation]:
    for event in view.events:
        if event.does != "write" or not event.locked or event.place is None or event.trail:
            continue
        # A guard compares one state; the other columns are put back all the same.
        guarded = any(not view.left_open(value) for _, value in event.passed)
        thought_of = guarded or view.columns_apart(event)
        unlikely = thought_of or view.deleted_next(event) or view.made_to_save(event) or view.runs_alone
        # asked last: it looks for callers in other files
        unlikely = unlikely or view.replaced_by_callers(event)
        place = event.place.text
        yield view.violation(
            check,
            event.op,
            f"every attribute is serialised and written to `{place}`; what others changed is put back",
            place=place,
            sure=LOW if unlikely else min(event.sure, MEDIUM),
            steps=[view.step("write", event.op, "every column is written here")],
            interleaving=(
                ("A", "reads the row"),
                ("B", "reads the row, changes one column, writes"),
                ("A", "writes all columns as read    B's change is put back"),
            ),
            remedy="write only the columns that changed, or compare a version column in the write",
        )

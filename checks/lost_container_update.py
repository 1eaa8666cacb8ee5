"""A dict, list or JSON column is changed in memory and written back whole.

The column holds many entries, and two requests that change different entries do not seem to meet. But each
writes the whole column as it found it plus its own change, so the other's entry is lost.

Silent where the class says that no save writes the column, or that it is a property, and where nothing makes
a session watch what is changed inside the column (`MutableDict`), unless it is changed where it stands and
the function commits. Low confidence where the class that is saved compares the entries itself and writes only
those that differ; where the row is still being made: a function `create_volume` that is given its `volume`,
or one whose callers have all just made the row, a hook such as `kind.activate(channel)` too; where a function
only converts the row for whoever asked for it; where the object whose method it is keeps a row that was made
for it; where the project asks for a level of isolation at which the database refuses the second write; where
the function has claimed the row under a lock before (`status = "processing"`); and where a row that came in
is called like one that a context manager of the project reserves (`self.server = Server.reserve(…)` in a
class with `__exit__`), or was asked for by the key of such a row.

Bad:

    from django.db import models

    class Profile(models.Model):
        settings = models.JSONField(default=dict)

    def choose(pk, name, value):
        profile = Profile.objects.get(pk=pk)
        profile.settings[name] = value
        profile.save(update_fields=["settings"])

Bad, with a session:

    from sqlalchemy import JSON
    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

    class Base(DeclarativeBase):
        pass

    class Profile(Base):
        __tablename__ = "profiles"
        id: Mapped[int] = mapped_column(primary_key=True)
        settings: Mapped[dict] = mapped_column(JSON, default=dict)

    def choose(session: Session, pk, name, value):
        profile = session.get(Profile, pk)
        profile.settings = {**profile.settings, name: value}
        session.commit()

Good:

    from django.db import models, transaction

    class Profile(models.Model):
        settings = models.JSONField(default=dict)

    def choose(pk, name, value):
        with transaction.atomic():
            profile = Profile.objects.select_for_update().get(pk=pk)
            profile.settings[name] = value
            profile.save(update_fields=["settings"])

Good, with a session:

    from sqlalchemy import JSON
    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

    class Base(DeclarativeBase):
        pass

    class Profile(Base):
        __tablename__ = "profiles"
        id: Mapped[int] = mapped_column(primary_key=True)
        settings: Mapped[dict] = mapped_column(JSON, default=dict)

    def choose(session: Session, pk, name, value):
        profile = session.get(Profile, pk, with_for_update=True)
        profile.settings = {**profile.settings, name: value}
        session.commit()

Hold a row lock from the read to the commit, compare a version in the write, or let the database change the
one entry (`jsonb_set`, a row for each entry). Not told of related rows, each of which is kept by itself, nor
of an object with methods that no container has.

Fix for Django, SQLAlchemy: `.get(…)` → `.select_for_update().get(…)` in `transaction.atomic()`;
`with_for_update()`. Unsafe: others wait for the row, and errors roll more back.
"""

from collections.abc import Iterator

from rmwlint.check import LOW, Check, View, Violation, lost_update, place_text, window_steps

check = Check("RMW105", "lost-container-update", since="0.1")


@check.on_windows
def find(view: View) -> Iterator[Violation]:
    for window in view.open_windows:
        if (
            window.how != "container"
            or window.write.does not in ("write", "swap")
            or window.attribute is None
            or view.leaves_out(window)
            or view.no_container(window)
        ):
            continue
        place = place_text(view, window)
        weak = view.gathers_difference(window) or view.still_makes(window) or view.only_converts(window)
        yield view.violation(
            check,
            window.write.op,
            f"`{place}` is changed in memory and written back whole; an entry added in between is lost",
            place=place,
            sure=LOW if weak else window.sure,
            steps=window_steps(view, window),
            interleaving=lost_update(place, "{}", "{A's entry}", "{B's entry}"),
            remedy="lock the row from the read to the commit, or change the one entry in the database",
            hints=(("attribute", window.attribute), *view.hints(window.write)),
        )

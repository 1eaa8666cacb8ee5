"""The outcome of a conditional update is never looked at.

The update names the state that it expects, and the database changes nothing where somebody was faster. It
says so only by the number of rows, or by what the call returns. Code that does not look goes on as if it had
won.

Bad:

    import subprocess

    from django.db import models

    class Job(models.Model):
        status = models.CharField(max_length=20)

    def claim(pk):
        Job.objects.filter(pk=pk, status="queued").update(status="running")
        subprocess.run(["worker", str(pk)])

Good:

    import subprocess

    from django.db import models

    class Job(models.Model):
        status = models.CharField(max_length=20)

    def claim(pk):
        if Job.objects.filter(pk=pk, status="queued").update(status="running"):
            subprocess.run(["worker", str(pk)])

The same where a function makes the update and returns what it says, and nobody in the project who calls it
looks; told with medium confidence at most. With low confidence where nothing that others notice follows, and
where only flags are set, or a reference is cleared where it still is what it was (`filter(pk=pk, path=old)`).

Look at the outcome, and stop where nothing was changed.
"""

from collections.abc import Iterator

from rmwlint.check import HIGH, LOW, MEDIUM, Check, Event, View, Violation, both_pass

check = Check("RMW107", "ignored-guard-outcome", since="0.1")

_COUNTED = ("count", "bool")
#: the symbols of what stands in the code
_STATES = (("const",), ("global",), ("new",))


@check.on_events
def find(view: View) -> Iterator[Violation]:
    for event in view.events:
        guard = _guard(view, event)
        if guard is None or event.place is None:
            continue
        if not view.dropped(event) if event.trail else view.looked_at(event):
            continue
        place = event.place.text
        most = MEDIUM if event.trail else HIGH
        yield view.violation(
            check,
            event.op,
            f"nobody looks whether this update, on condition of {guard}, has changed anything",
            place=place,
            sure=LOW if _settled(event) or not view.goes_on(event) else min(event.sure, most),
            steps=[view.step("guard", event.op, "the update is conditional here")],
            interleaving=both_pass(
                place, "updates on its condition", "goes on", "only one of the updates did anything"
            ),
            remedy="look at what the update returns, and stop where nothing was changed",
        )


def _guard(view: View, event: Event) -> str | None:
    """What the update is conditional on, beyond which row it is; None where it is not conditional."""
    if event.row is None or event.row.outcome not in _COUNTED:
        return None
    if event.does == "swap":
        return "what is expected"
    if event.does != "write" or event.query is None:
        return None
    columns = {column for column, _ in event.columns}
    conditions = event.query.conditions
    if not any(
        view.identifies(event, column) and symbol and symbol[0] != "new" and not view.by_list(event, column)
        for column, symbol, _ in conditions
    ):
        return None  # an update of a set of rows
    states = [
        column for column, _, _ in conditions if column in columns and not view.identifies(event, column)
    ]
    return f"`{states[0]}`" if states else None


def _settled(event: Event) -> bool:
    """Whether only flags are set, so that whoever comes second would set the same, or what is no longer there
    is not cleared: a reference that has changed since."""
    columns = dict(event.columns)
    asked = [one for one in event.query.conditions if one[0] in columns] if event.query else []
    return bool(asked) and all(
        columns[column].const in (True, False)
        or (columns[column].const is None and symbol is not None and symbol[:1] not in _STATES)
        for column, symbol, _ in asked
    )

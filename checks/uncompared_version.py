"""A version is bumped in Python and not compared in the write.

The column is there so that a writer can notice that somebody was faster. Counting it up in memory and saving
it notices nothing: both writers go from 3 to 4, and the row looks as if only one of them had been there.

Bad:

    from django.db import models

    class Page(models.Model):
        text = models.TextField()
        version = models.IntegerField(default=0)

    def edit(pk, text):
        page = Page.objects.get(pk=pk)
        page.text = text
        page.version += 1
        page.save(update_fields=["text", "version"])

Good:

    from django.db import models

    class Page(models.Model):
        text = models.TextField()
        version = models.IntegerField(default=0)

    def edit(pk, text):
        page = Page.objects.get(pk=pk)
        changed = Page.objects.filter(pk=pk, version=page.version).update(text=text, version=page.version + 1)
        if not changed:
            raise ValueError("somebody else has edited this page")

Write on condition of the version that was read, and look at the outcome.
"""

from collections.abc import Iterator

from rmwlint.check import MEDIUM, Check, View, Violation, is_version, lost_update, place_text, window_steps

check = Check("RMW108", "uncompared-version", since="0.1")


@check.on_windows
def find(view: View) -> Iterator[Violation]:
    for window in view.open_windows:
        if window.how != "arith" or window.write.does != "write" or not is_version(window.attribute):
            continue
        place = place_text(view, window)
        yield view.violation(
            check,
            window.write.op,
            f"`{place}` is counted up in memory, and the write does not compare it with what was read",
            place=place,
            sure=min(window.sure, MEDIUM),
            steps=window_steps(view, window),
            interleaving=lost_update(place),
            remedy="write on condition of the version that was read, and look at the outcome",
            hints=(("attribute", window.attribute or ""), *view.hints(window.write)),
        )

"""A backend is called for a row that was committed as if the call were over.

Others read the row before the backend has done its part: they use what is not there yet. When the call fails,
or the process dies in it, the row stays as it is and nobody can tell.

Bad:

    import requests
    from django.db import models, transaction

    class Port(models.Model):
        network = models.CharField()
        status = models.CharField(choices=[("PENDING", "Pending"), ("ACTIVE", "Active"), ("ERROR", "Error")])

    def is_pending(port):
        return port.status == "PENDING"

    def create_port(network):
        with transaction.atomic():
            port = Port.objects.create(network=network, status="ACTIVE")
        requests.post("https://controller.example/ports", json={"id": port.pk}, timeout=5)  # RMW307

Good:

    import requests
    from django.db import models, transaction

    class Port(models.Model):
        network = models.CharField()
        status = models.CharField(choices=[("PENDING", "Pending"), ("ACTIVE", "Active"), ("ERROR", "Error")])

    def create_port(network):
        with transaction.atomic():
            port = Port.objects.create(network=network, status="PENDING")
        requests.post("https://controller.example/ports", json={"id": port.pk}, timeout=5)
        Port.objects.filter(pk=port.pk, status="PENDING").update(status="ACTIVE")

Commit a state that says that the work is still to be done, and record what came of it after the call. Where
the code knows no such state for the row, this is said with low confidence only.
"""

from collections.abc import Iterator

from rmwlint.check import Check, View, Violation

check = Check("RMW307", "unannounced-backend-call", since="0.1")


@check.on_events
def find(view: View) -> Iterator[Violation]:
    for found, hazard in view.unannounced():
        place = found.write.place.text if found.write.place is not None else ""
        if found.value is not None:
            place = f"{place}.{found.column}"
            said = f"which is committed as {found.value!r}"
        else:
            said = "which is committed with no sign of it"
        instead = f", {found.waits!r} for one" if found.waits else ""
        yield view.violation(
            check,
            hazard.op,
            f"{hazard.written} runs for `{place}`, {said}",
            place=place,
            sure=found.sure,
            steps=(
                view.step("write", found.write.op, "the row is written here"),
                view.step("guard", found.end, "and committed here"),
                *hazard.steps,
            ),
            interleaving=(
                ("A", f"commits {place}"),
                ("B", f"reads {place}, takes it for finished and uses it"),
                ("A", f"calls {hazard.label}"),
                ("A", "the call fails    the row stays as it is"),
            ),
            remedy=f"commit a state that tells others to wait{instead}, and the result after the call",
        )

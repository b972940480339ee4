"""What the operator was told by mail, so that everything is told once."""

from django.db import models


class ToldEnding(models.Model):
    """One thing that ends, at one stage. Written by `gateway.flows.tell_endings` alone."""

    MAX_THING = 120  # letters: kind, provider's slug and name

    thing = models.CharField(max_length=MAX_THING)
    stage = models.CharField(max_length=5, help_text="A `gateway.flows.forecast.Stage`.")
    claimed_until = models.DateTimeField(help_text="Somebody is telling it until then.")
    told_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=100, blank=True, help_text="A code, never a text.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["thing", "stage"], name="told_once")]

    def __str__(self) -> str:
        return f"{self.thing} {self.stage}"

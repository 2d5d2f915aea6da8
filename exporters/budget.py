"""The exporter `budget`: tells a webhook when a level of a budget is reached, and when it no longer is."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from pydantic import Field, field_validator

from otel_cert.component import Factory, Kind, Settings, Signal, Stability
from otel_cert.config.check import validate
from otel_cert.config.loader import load, read_text
from otel_cert.config.units import Seconds
from otel_cert.config.yaml_tree import read
from otel_cert.costs.budget import Budget, budget_status
from otel_cert.costs.budget.journal import Journal
from otel_cert.costs.budget.model import check
from otel_cert.errors import DOCS, ConfigError, UsageError
from otel_cert.store import snapshots
from otel_cert.store.layout import Layout
from otel_cert.store.query import connect

from ._webhook import Delivery, WebhookSettings


class BudgetSettings(Settings):
    """Settings of the exporter `budget`, and what a file of `--budgets` holds."""

    budgets: dict[str, Budget] = Field(default_factory=dict)
    """Budgets by name: see budgets.md."""
    webhook: WebhookSettings = WebhookSettings()
    """Where state changes are sent."""
    every: Seconds = Field(default=60.0, gt=0)
    """How often `serve` looks at the spend."""

    @field_validator("budgets")
    @classmethod
    def _fitting(cls, budgets: dict[str, Budget]) -> dict[str, Budget]:
        check(budgets)
        return budgets


def configured(config: Path | None, file: Path | None) -> dict[str, BudgetSettings]:
    """Return the settings of every exporter `budget` of a configuration by id, or those in a file of `--budgets`.

    Raises ConfigError with every problem, UsageError when there is no budget or two have one name.
    """
    if file is not None:
        tree = read(read_text(file), os.environ)
        settings = validate(BudgetSettings, tree.value, (), tree)
        if settings is None or tree.problems:
            raise ConfigError(tree.problems, source=str(file))
        found = {str(file): settings}
    else:
        exporters = load(config).exporters
        found = {id_: made for id_, made in exporters.items() if isinstance(made, BudgetSettings)}
    names = Counter(name for settings in found.values() for name in settings.budgets)
    if not names:
        hint = f"write them under exporters.budget.budgets of --config FILE, or in --budgets FILE: {DOCS}/budgets.md"
        raise UsageError("there is no budget", hint=hint)
    if twice := [name for name, count in names.items() if count > 1]:
        raise UsageError(f"two exporters have a budget {twice[0]!r}", hint="name one of them otherwise")
    return found


class BudgetExporter:
    """Notes state changes durably, and leaves their delivery to a thread."""

    def __init__(self, settings: BudgetSettings) -> None:
        self._settings = settings
        self._journal: Journal | None = None
        self._delivery: Delivery | None = None

    @property
    def every_s(self) -> float:
        """Seconds between two looks."""
        return self._settings.every

    def run(self, layout: Layout, id_: str) -> None:
        """Compare the spend with what was told before; nothing before the first data."""
        if not snapshots.latest(layout).number:
            return
        budgets, webhook = self._settings.budgets, self._settings.webhook
        with connect(layout.root) as con:
            status = budget_status(con, budgets, forecast=False)
        if self._journal is None:
            self._journal = Journal(layout.budgets(id_))
        self._journal.update(status, budgets, deliver=webhook.url is not None)
        if webhook.url is None:
            return
        if self._delivery is None:
            self._delivery = Delivery(webhook, self._journal)
            self._delivery.start()
        self._delivery.wake()


FACTORY = Factory(
    type="budget",
    kind=Kind.EXPORTER,
    config=BudgetSettings,
    create=BudgetExporter,
    stability=Stability.BETA,
    doc="Watches budgets, and tells a webhook when a level is reached and when it no longer is.",
    signals=(Signal.ANALYSIS,),
)

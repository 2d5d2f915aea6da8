"""The book of one exporter of budgets on disk, shared by the analysis, which notes changes, and what delivers them."""

from __future__ import annotations

import threading
from pathlib import Path

from otel_cert.costs.budget.alerts import Book, Event
from otel_cert.costs.budget.model import Budget
from otel_cert.costs.budget.status import BudgetStatus
from otel_cert.store.files import make_folder, write_text


def read(path: Path) -> Book:
    """Return the book in a file, or an empty one."""
    try:
        return Book.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Book()


class Journal:
    """A book that is changed by one process only; every change is durable when its method returns."""

    def __init__(self, path: Path) -> None:
        self._path, self._book = path, read(path)
        self._lock = threading.Lock()
        self._unsaved = False

    def update(self, status: BudgetStatus, budgets: dict[str, Budget], *, deliver: bool) -> None:
        """Note what changed since the last time; see `Book.update`."""
        with self._lock:
            if self._book.update(status, budgets, deliver=deliver) or self._unsaved:
                self._save()

    def waiting(self) -> list[Event]:
        """Return what is to be delivered, oldest first; nothing that a crash could forget."""
        with self._lock:
            return [] if self._unsaved else [entry.event for entry in self._book.waiting()]

    def attempted(self, event: Event, problem: str | None, *, give_up: bool) -> None:
        """Note an attempt at an event, which is over without a problem, or when it is given up."""
        with self._lock:
            entry = next(entry for entry in self._book.waiting() if entry.event.id == event.id)
            entry.attempts, entry.problem = entry.attempts + 1, problem
            if problem is None:
                entry.state = "delivered"
            elif give_up:
                entry.state = "given_up"
            self._save()

    def _save(self) -> None:
        self._unsaved = True  # until it is: a full disk raises here
        make_folder(self._path.parent)
        write_text(self._path, self._book.model_dump_json())
        self._unsaved = False

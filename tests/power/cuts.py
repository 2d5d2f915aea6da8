"""Cutting the power of a real `otel-cert serve` under load, again and again, and what is left each time."""

from __future__ import annotations

import hashlib
import http.client
import os
import random
import shutil
import signal
import threading
import time
from collections import Counter
from pathlib import Path

from otel_cert.otlp.requests import SIGNALS
from otel_cert.verify import Check, Finding, verify
from tests.cli.serving import eventually
from tests.durability.load import batch
from tests.durability.running import ROLES, Running
from tests.durability.test_kill import CONFIG, STAGES_OF
from tests.stored import Store, body, chat

from .disk import Disk, Fate

_LOAD_S = 1.0
"""Under load at least that long; by then there were seals, rounds, compactions and cleanings."""
_STAGE_S = 5.0


class Sender(threading.Thread):
    """Sends to a service that may die, and knows what was acknowledged, as lines for `verify --acknowledged`."""

    def __init__(self, endpoints: dict[str, str], name: str, seed: int) -> None:
        super().__init__(name=name)
        self._endpoints, self._random, self._halt = endpoints, random.Random(seed), threading.Event()
        self.acknowledged: list[str] = []

    def run(self) -> None:
        number = 0
        while not self._halt.wait(0.02):
            number += 1
            signal_name = self._random.choices(("traces", "logs", "metrics"), (6, 1, 1))[0]
            ids, trace = [f"{self.name}-{number}-{i}" for i in range(self._random.randint(1, 8))], os.urandom(16)
            request = batch(signal_name, ids, trace)
            if self._send(signal_name, request):
                self.acknowledged += _lines(signal_name, request, ids, trace)

    def stop(self) -> None:
        """Finish the request in flight and end."""
        self._halt.set()
        self.join()

    def _send(self, signal_name: str, request: bytes) -> bool:
        connection = http.client.HTTPConnection(self._endpoints["http"], timeout=5)
        try:
            connection.request("POST", SIGNALS[signal_name].path, request, {"Content-Type": "application/x-protobuf"})
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def _lines(signal_name: str, request: bytes, ids: list[str], trace: bytes) -> list[str]:
    if signal_name != "traces":
        return [hashlib.sha256(request).hexdigest()]
    return [f"{trace.hex()} {hashlib.sha256(id_.encode()).digest()[:8].hex()}" for id_ in ids]


class Cuts:
    """A series of power cuts, each on what the one before left."""

    def __init__(self, folder: Path, shim: Path, seed: int, config: str = CONFIG, lie: str = "") -> None:
        self._folder, self._shim, self._config, self._lie = folder, shim, config, lie
        self._chance = random.Random(seed)
        self._number = 0
        self._place = folder / "place"
        self._place.mkdir(parents=True)
        self.acknowledged: list[str] = []
        self.hits: Counter[tuple[str, str]] = Counter()
        self.fates: Counter[str] = Counter()

    def cut(self, variants: int) -> list[tuple[str, str, str, str]]:
        """Serve under load, cut the power, start again and check: (variant, check, file, meaning) of each finding."""
        self._number += 1
        disk = Disk(self._shim, self._place, self._folder / f"shadow{self._number}")
        self._serve_until_cut(disk)
        found, left = [], []
        for variant in range(variants):
            left.append(self._folder / f"cut{self._number}-{variant}")
            fate = Fate(random.Random(self._chance.random()) if variant else None)
            disk.cut(left[-1], fate)
            self.fates.update(fate.counts)
            failed = self._check(left[-1] / "data", served=not variant)
            found += [(f"{left[-1].name} {fate.counts}", c.name, f.file, f.meaning) for c, f in failed]
        if not found:
            self._go_on_with(self._chance.choice(left), disk)
        return found

    def _serve_until_cut(self, disk: Disk) -> None:
        running = Running(self._run_folder(), self._config)
        running.data = self._place / "data"
        running.environment |= {**disk.environment, "OTEL_CERT_POWER_LIE": self._lie}
        running.start()
        senders = [Sender(running.endpoints, f"{self._number}-{i}", self._chance.randrange(2**32)) for i in (0, 1)]
        for sender in senders:
            sender.start()
        try:
            eventually(lambda: any(sender.acknowledged for sender in senders), True)
            self._cut_power(running)
        finally:
            running.abandon()
            for sender in senders:
                sender.stop()
                self.acknowledged += sender.acknowledged

    def _cut_power(self, running: Running) -> None:
        """Kill all processes at once, when one of them is in a stage that was hit least."""
        pids = {role: running.pid(role) for role in ROLES}
        time.sleep(_LOAD_S * self._chance.uniform(0.5, 2))
        role = ROLES[self._number % len(ROLES)]
        stages = sorted(STAGES_OF[role] - {"recovering"})
        wanted = min(stages, key=lambda s: (self.hits[role, s], self._chance.random()))
        running.wait_for_stage(pids[role], {wanted}, _STAGE_S)
        for pid in pids.values():
            os.kill(pid, signal.SIGKILL)
        running.await_end()
        self.hits.update((role, running.stage(pid)) for role, pid in pids.items())

    def _check(self, data: Path, *, served: bool) -> list[tuple[Check, Finding]]:
        """Start again without the shim, take one more request, and verify."""
        if served:
            running = Running(self._run_folder(), self._config)
            running.data = data
            running.start()
            try:
                running.await_ready("writer")
                running.stop()
            finally:
                running.abandon()
        store = Store(data)
        store.take(body(chat(self._number)))
        store.maintenance().clean()
        for path in (data, *data.rglob("*")):  # this process has no umask of its own
            path.chmod(0o700 if path.is_dir() else 0o600)
        lines = self._folder / "acknowledged"
        lines.write_text("\n".join([*self.acknowledged, f"{self._number:032x} {self._number:016x}"]))
        return [(c, f) for c in verify(data, lines) for f in c.kept if not f.note]

    def _go_on_with(self, place: Path, disk: Disk) -> None:
        """Begin the next series with one of the variants, which was started again and is whole."""
        shutil.rmtree(self._place)
        place.rename(self._place)
        shutil.rmtree(disk.durable.folder)
        for other in self._folder.glob("cut*"):
            shutil.rmtree(other)

    def _run_folder(self) -> Path:
        folder = self._folder / f"run{len(list(self._folder.glob('run*')))}"
        folder.mkdir()
        return folder

"""For those who run a model themselves: its answers, and how sure it was of each token.

    TrajectoryMonitor    loads a causal language model, generates, measures, judges, emits spans: `monitor.py`
    HamiltonianMonitor   another name of it
    Trajectory, Token    an answer, a token: `result.py`
    Gate, limits         a limit on a measure: `gates.py`; limits from judged answers: `limits.py`
    TrajectoryError ...  what goes wrong: `errors.py`

Importing this loads no model and none of its libraries; they come with `pip install 'otel-cert[models]'`.
"""

from otel_cert.trajectory.errors import (
    CPUFallbackFailed,
    GenerationCancelled,
    GenerationStopped,
    GenerationTimeout,
    GPUOutOfMemory,
    InvalidInput,
    InvalidLogits,
    ModelNotLoaded,
    OutOfMemory,
    PromptTooLong,
    TrajectoryError,
)
from otel_cert.trajectory.gates import DEFAULTS, Gate
from otel_cert.trajectory.health import Health
from otel_cert.trajectory.limits import limits
from otel_cert.trajectory.monitor import HamiltonianMonitor, TrajectoryMonitor
from otel_cert.trajectory.result import Alternative, GateResult, Token, Trajectory, Window
from otel_cert.trajectory.stream import Stream

__all__ = [
    "DEFAULTS",
    "Alternative",
    "CPUFallbackFailed",
    "GPUOutOfMemory",
    "Gate",
    "GateResult",
    "GenerationCancelled",
    "GenerationStopped",
    "GenerationTimeout",
    "HamiltonianMonitor",
    "Health",
    "InvalidInput",
    "InvalidLogits",
    "ModelNotLoaded",
    "OutOfMemory",
    "PromptTooLong",
    "Stream",
    "Token",
    "Trajectory",
    "TrajectoryError",
    "TrajectoryMonitor",
    "Window",
    "limits",
]

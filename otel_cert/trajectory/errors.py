"""What goes wrong when a model is run here; the type says what to do, `recoverable` whether the same call may work later.

TrajectoryError
|-- InvalidInput        the arguments make no sense
|   `-- PromptTooLong   a limit on characters or tokens was passed; nothing is ever cut off
|-- ModelNotLoaded      it is being loaded (`retry_after`), cannot be loaded, or the monitor is closed
|-- GenerationStopped   generation ended before its end; `partial` is what came until then
|   |-- GenerationTimeout
|   `-- GenerationCancelled
|-- OutOfMemory
|   |-- GPUOutOfMemory      and falling back to the processor was not allowed
|   `-- CPUFallbackFailed   nor could the processor take over
`-- InvalidLogits       the model computed no distribution: NaN or infinity
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from otel_cert.errors import OtelCertError, Permanent, Retryable

if TYPE_CHECKING:
    from otel_cert.trajectory.result import Trajectory


class TrajectoryError(OtelCertError):
    """Base of all; `retry_after` is in seconds, None where waiting does not help or nobody knows how long."""

    recoverable = False

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        recoverable: bool | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        if recoverable is not None:
            self.recoverable = recoverable
        self.retry_after = retry_after


class InvalidInput(TrajectoryError, Permanent):
    """The arguments make no sense."""


class PromptTooLong(InvalidInput):
    """The prompt passes a limit; it is refused, never cut off."""


class ModelNotLoaded(TrajectoryError):
    """The model is being loaded, then `recoverable`; it cannot be loaded; or the monitor is closed."""


class GenerationStopped(TrajectoryError, Retryable):
    """Generation was stopped between two tokens; `partial` has the tokens that came, None when it had not begun."""

    recoverable = True

    def __init__(self, message: str, *, partial: Trajectory | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.partial = partial


class GenerationTimeout(GenerationStopped):
    """The time was over."""


class GenerationCancelled(GenerationStopped):
    """The caller no longer waits."""


class OutOfMemory(TrajectoryError, Retryable):
    """Memory was too small for the model or for this call; a shorter prompt or a smaller batch may fit."""

    recoverable = True


class GPUOutOfMemory(OutOfMemory):
    """The accelerator's memory was too small, and falling back to the processor is turned off."""


class CPUFallbackFailed(OutOfMemory):
    """The accelerator's memory was too small, and so was the processor's."""

    recoverable = False


class InvalidLogits(TrajectoryError):
    """The model computed NaN or infinity where a distribution should be: broken weights, or too small a number format."""

"""The watchdog: the process ends soon after its budget, whatever Python is doing then.

Everything else that looks at the time is written in Python, and so are the handlers of SIGTERM and SIGINT: one long step of a
library, or a thread that never comes to run, holds all of them up. The timer of the system does not wait for Python.
"""

from __future__ import annotations

import math
import os
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin.clock import Clock

GRACE_SECONDS = 5.0  # ours: past the deadline, to write the rows and the report
LOADING_SECONDS = 60.0  # ours: for all that comes before the policy has named its budget; by itself it takes seconds at most
LATE = 142  # what a shell makes of SIGALRM: 128 and 14; never 1, which is strict's word


class Watchdog:
    """The time at which the work must be done, and, once armed, what ends the process GRACE_SECONDS later.

    Then there is no word and no report, and the process has died of SIGALRM; on Windows its exit code is LATE, and a step
    that never lets go of the interpreter is not ended there.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock, self._armed, self._deadline = clock, False, math.inf

    def arm(self, deadline: float) -> None:
        """From now on, end the process; `deadline` on the clock's monotonic seconds, as everywhere."""
        self._armed = True
        self.hold(deadline)

    def hold(self, deadline: float) -> None:
        """Take another deadline: the budget is known."""
        self._deadline = deadline
        if self._armed:
            _alarm(self.remaining() + GRACE_SECONDS, self._clock)

    def release(self) -> None:
        """Let the process live: it serves somebody until it is told to stop."""
        self._armed, self._deadline = False, math.inf
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)

    def remaining(self) -> float:
        """Seconds to the deadline, 0 behind it; without end where there is none."""
        return max(0.0, self._deadline - self._clock.monotonic())


def _alarm(seconds: float, clock: Clock) -> None:
    """Have the system end this process after so many seconds; what was set before is forgotten."""
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)  # whoever started us may have it ignored, or held back
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])
        signal.setitimer(signal.ITIMER_REAL, seconds)
        return
    from threading import Event

    def end() -> None:
        clock.wait(Event(), seconds)
        os._exit(LATE)

    clock.start(end)

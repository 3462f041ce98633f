"""What a person may choose, in at most three questions. Nobody there to be asked: the defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from tocsin.channels import KINDS
from tocsin.errors import UsageError
from tocsin.init.repository import Repository
from tocsin.suggest import do_you_mean
from tocsin.text import clean

SERVICES = (*(name for name, kind in KINDS.items() if kind.start_variable), "smtp")
RESULTS: Mapping[str, tuple[str, ...]] = {
    "failures": ("failure", "fixed"),
    "results": ("success", "failure"),
    "all": ("trigger", "success", "failure"),
}
_YES_NO = ("yes", "no")
_SHORT = {"y": "yes", "n": "no"}
_TRIES = 3  # ours: for one question


class Answers(NamedTuple):
    """The kind of the channel, a key of RESULTS, and the environments of which deployments are reported."""

    kind: str
    results: str
    deployments: tuple[str, ...]

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables that the policy's channel reads."""
        return (KINDS[self.kind].start_variable or "",) if self.kind != "smtp" else ("SMTP_USER", "SMTP_PASSWORD")


def ask_all(ask: Callable[[str], str] | None, seen: Repository, environments: Sequence[str]) -> Answers:
    """Ask what the repository does not say. Raises UsageError where no answer is understood."""
    kind = _ask(ask, f"Where shall the messages go: {', '.join(SERVICES[:-1])} or {SERVICES[-1]}?", SERVICES, _likely(seen))
    question = "What is reported: failures (and when they are fixed), results (success and failure), or all (the start, too)?"
    results = _ask(ask, question, tuple(RESULTS), "failures")
    chosen = _notable(environments) if results != "all" else ()
    if chosen:
        named = clean(", ".join(chosen), 100)
        chosen = chosen if _ask(ask, f"Report every deployment to {named}, too: yes or no?", _YES_NO, "yes") == "yes" else ()
    return Answers(kind, results, chosen)


def _ask(ask: Callable[[str], str] | None, question: str, known: Sequence[str], default: str) -> str:
    told = ""
    for _ in range(_TRIES if ask else 0):
        answer = (ask(f"{told}{question} [{default}] ") if ask else "").strip().lower()
        answer = _SHORT.get(answer, answer) if known is _YES_NO else answer
        if not answer or answer in known:
            return answer or default
        told = f"{clean(answer, 40)!r} is no answer{do_you_mean(answer, known, prefixes=True)}. "
    if ask:
        raise UsageError(f"no answer was understood to: {question}")
    return default


def _likely(seen: Repository) -> str:
    """The service whose variable the CI's files name, else Slack."""
    texts = "".join(file.text or "" for file in seen.files)
    return next((name for name in SERVICES if (KINDS[name].start_variable or "\0") in texts), SERVICES[0])


def _notable(environments: Sequence[str]) -> tuple[str, ...]:
    """The production environments; where there are none, all."""
    from tocsin.derive.policy_facts import guess_tier

    return tuple(name for name in environments if guess_tier(name) == "production") or tuple(environments)

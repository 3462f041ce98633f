"""The action's inputs, as the runner hands them over: INPUT_<NAME>, in upper case, dashes kept."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from tocsin.ci.status import known
from tocsin.errors import UsageError
from tocsin.policy.words import quoted
from tocsin.terms import PLUGIN_INPUTS
from tocsin.text import clean

TEST = "test"
HOOKS = ("auto", "trigger", "completion", "both", TEST)
VARIANT_MAX_CHARS = 200  # ours: a leg is told apart by its first few values


class Inputs(NamedTuple):
    """What the step's `with` says; None where it says nothing."""

    hook: str
    policy: str | None
    status: str | None
    needs: str | None
    flags: Mapping[str, str]
    strict: bool
    dry_run: bool
    report: str | None
    tests: str | None
    look_ups: bool
    token: str | None
    test_to: str | None  # the address for the test of email channels
    legs: int  # of the matrix that this job is one of; 0 in all but the first, so that one of them tells of it
    variant: str | None
    job_id: str | None  # the job's own number, which stands in no variable


class NeededJobs(NamedTuple):
    """How the jobs ended that a final job waits for: the status of all, and the names of those that failed."""

    status: str
    failed: tuple[str, ...]


def is_strict(env: Mapping[str, str]) -> bool:
    """Whether the step asks to fail with what it cannot do, as a test always does; known even where another input is wrong."""
    return _text(env, "strict").lower() == "true" or _text(env, "hook").lower() == TEST


def read_inputs(env: Mapping[str, str]) -> Inputs:
    """The inputs of this step. Raises UsageError with all that is wrong."""
    wrong: list[str] = []
    hook = _text(env, "hook").lower() or "auto"
    if hook not in HOOKS:
        wrong.append(f"hook is {quoted(hook)}: use {', '.join(HOOKS)}")
    flags = {name: text for name in PLUGIN_INPUTS if (text := _text(env, name.replace("_", "-")))}
    for name, text in flags.items():
        known_words = PLUGIN_INPUTS[name].words
        if known_words and text not in known_words:
            wrong.append(f"{name} is {quoted(text)}: use {' or '.join(known_words)}")
    status = _text(env, "status")
    if status and not known(status):
        wrong.append(f"status is {quoted(status)}: use success, failure, cancelled, unstable, waiting or skipped, or leave it out")
    strict, dry_run = (_switch(env, name, wrong) for name in ("strict", "dry-run"))
    test_to = _text(env, "test-to")
    if test_to and (problem := _no_address(test_to)):
        wrong.append(f"test-to is {quoted(test_to)}: it {problem}")
    look_ups = _switch(env, "look-ups", wrong, default=True)
    if wrong:
        raise UsageError(f"{'inputs' if len(wrong) > 1 else 'an input'} of the step cannot be used: {'; '.join(wrong)}")
    return Inputs(
        hook=hook,
        policy=_text(env, "policy") or None,
        status=status or None,
        needs=_text(env, "needs") or None,
        flags=flags,
        strict=strict,
        dry_run=dry_run,
        report=_text(env, "report") or None,
        tests=_text(env, "tests") or None,
        look_ups=look_ups,
        token=_text(env, "token") or None,
        test_to=test_to or None,
        legs=_legs(_text(env, "legs")),
        variant=variant(_text(env, "matrix")),
        job_id=_text(env, "job-id") or None,
    )


def _text(env: Mapping[str, str], name: str) -> str:
    return env.get(f"INPUT_{name.upper()}", "").strip()


def _switch(env: Mapping[str, str], name: str, wrong: list[str], *, default: bool = False) -> bool:
    text = _text(env, name)
    if text.lower() not in ("", "true", "false"):
        wrong.append(f"{name} is {quoted(text)}: use true or false")
    return text.lower() == "true" or (default and not text)


def _no_address(text: str) -> str | None:
    from tocsin.channels.options import address

    try:
        address(text)
    except ValueError as error:
        return str(error)
    return None


def _legs(text: str) -> int:
    """The number of legs in "0/3", which has the leg's own number in front; 0 for another leg than the first."""
    index, _, total = text.partition("/")
    return int(total) if index == "0" and re.fullmatch(r"[0-9]{1,4}", total) else 0


def variant(text: str) -> str | None:
    """The leg of a matrix, in JSON, as a person writes it: "os=ubuntu, python=3.12"; None where there is no matrix."""
    try:
        matrix = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(matrix, dict):
        return None
    return clean(", ".join(f"{key}={_short(value)}" for key, value in matrix.items()), VARIANT_MAX_CHARS) or None


def _short(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def read_needs(text: str) -> NeededJobs:
    """The `needs` context in JSON. Raises ValueError that says what is expected and what is there."""
    expected = "needs must be ${{ toJSON(needs) }} in a job that waits for others with needs: [JOB, …]"
    try:
        jobs = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError(f"{expected}; what is there is no JSON") from None
    if not isinstance(jobs, dict) or not jobs:
        raise ValueError(f"{expected}; what is there names no job")
    results: dict[str, str] = {}
    for name, job in jobs.items():
        result = job.get("result") if isinstance(job, dict) else None
        status = known(result) if isinstance(result, str) else None
        if not status:
            raise ValueError(f"{expected}; what is there has no result for the job {quoted(name)}")
        results[name] = status
    found = set(results.values())
    # A leg that fails cancels the others of its matrix, so a failure outweighs what was cancelled.
    status = next((word for word in ("failure", "cancelled", "unstable", "success") if word in found), "skipped")
    return NeededJobs(status, tuple(name for name, status in results.items() if status == "failure"))

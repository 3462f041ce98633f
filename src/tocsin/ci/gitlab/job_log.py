"""What the script of a job said, out of the job's log.

https://docs.gitlab.com/api/jobs/#get-a-log-file; a log is the runner's text around the script's:
https://docs.gitlab.com/ci/jobs/job_logs/
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tocsin.ci.gitlab.rest import LOGS
from tocsin.ci.rest import Api, is_id
from tocsin.log_text import LINE_MAX_CHARS, error_line, excerpt
from tocsin.text import clean

TAIL_MAX_BYTES = 256 * 1024  # ours: what a job said at last stands there
_LINE_HEAD = r"^\d{4}-\d{2}-\d{2}T[\d:]{8}\.\d{6}Z [0-9a-f]{2}[EO]"  # a time, the stream; "+": the line before goes on
_CONTINUED, _HEAD = re.compile(rf"\n{_LINE_HEAD}\+", re.MULTILINE), re.compile(rf"{_LINE_HEAD}[+ ]", re.MULTILINE)
# Bounded: a log may repeat a part of a mark without end.
_COLOUR = r"(?:\x1b\[[0-9;]{0,20}[mK]){0,4}"
_MARK = re.compile(
    rf"{_COLOUR}section_(?P<edge>start|end):\d{{1,20}}:(?P<name>[\w.-]{{1,200}})(?:\[[^\]\r\n]{{0,200}}\])?\r?{_COLOUR}", re.ASCII
)
_SCRIPT = re.compile(r"(?:step|build|user)_script|step_run", re.ASCII)  # what runners call the section of the script
_RUNNER = re.compile(  # what follows the script, where no mark ends it
    rf"^{_COLOUR}(?:ERROR: Job failed|Cleaning up |Running after_script|Uploading artifacts|Saving cache)", re.MULTILINE
)
_COMMAND = re.compile(r"^\x1b\[32;1m(?P<command>\$ .*?)\x1b\[0;?m.*$", re.MULTILINE)  # the runner shows each command before its output
_EXIT_CODE = re.compile(r"exit (?:code|status):? (\d{1,5})")
_CUT = "Job's log exceeded limit of"  # the runner's output_limit: what came last is not in the log


class Said(NamedTuple):
    """What the script of a job said: the best line of it, and a few more."""

    reason: str | None = None
    excerpt: str | None = None


def said(api: Api, project: str, job: str | None, *, running: bool = False) -> Said:
    """What the script of the job with that id said at last; of one that is `running` as soon as GitLab has the script's end."""
    if not job or not is_id(job):
        return Said()
    log = api.tail(f"/projects/{project}/jobs/{job}/trace", LOGS, TAIL_MAX_BYTES)
    return read(log, running=running) if log else Said()


def read(log: str, *, running: bool = False) -> Said:
    """As `said`, of the end of a log."""
    log = _HEAD.sub("", _CONTINUED.sub("", log.replace("\r\n", "\n")))
    script, rest = _script(log)
    codes = _EXIT_CODE.findall(rest or "")
    reason = f"exit code {codes[-1]}" if codes else None
    if rest is None and running:
        return Said()
    if _CUT in log:
        return Said(reason)
    output = _MARK.sub("", script)
    commands = list(_COMMAND.finditer(output))
    last = output[commands[-1].end() :] if commands else output
    if commands and not last.strip():  # it failed without a word: then which it was says most
        return Said(reason, clean(commands[-1]["command"], LINE_MAX_CHARS))
    if codes:
        last += f"\nERROR: Job failed: {reason}"  # the last words are what stands before it
    return Said(error_line(last) or reason, excerpt(last))


def _script(log: str) -> tuple[str, str | None]:
    """The script's part of a log, and what stands behind it; None where nothing says where the script ends."""
    marks = [mark for mark in _MARK.finditer(log) if _SCRIPT.fullmatch(mark["name"])]
    end = next((mark for mark in reversed(marks) if mark["edge"] == "end"), None)
    before = end.start() if end else len(log)
    start = max((mark.end() for mark in marks if mark["edge"] == "start" and mark.end() <= before), default=0)
    if end:
        return log[start:before], log[end.end() :]
    found = _RUNNER.search(log, start)
    return (log[start : found.start()], log[found.start() :]) if found else (log[start:], None)

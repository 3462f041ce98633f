"""What a log says went wrong: the few lines of it that matter, made fit to be shown.

A log is a stranger's text. Out of it comes no terminal code, no control or direction character and no log command; markup and
mentions are the channels' to escape. Heuristics choose the lines: a table of what tools print, the most telling first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tocsin.text import UNSAFE, clip

EXCERPT_MAX_CHARS = 300  # ours: what is read at a glance
EXCERPT_MAX_LINES = 4
LINE_MAX_CHARS = 200
LOG_MAX_CHARS = 256 * 1024  # ours: what went wrong stands near the end
LOG_MAX_LINES = 5000  # ours: an endless log of short lines costs no more time than this
_RAW_MAX_CHARS = 1000  # of one line: the rest is not looked at
_NEAR = 15  # lines between two errors of one list, as compilers and test runners print them
_BEHIND = 8  # lines behind an error that may explain it
_INDENT_MAX_CHARS = 4
LAST_WORDS_MAX_LINES = 2
_REST_MIN_CHARS = 16  # less of a line says nothing

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]?|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~]?)|\x9b[0-?]*[ -/]*[@-~]?")
# What a CI or a tool writes before a line: times of GitHub, GitLab and Jenkins, log commands, BuildKit's step, Terraform's frame.
_BEFORE = re.compile(
    r"\s*(?:\[?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z\]?(?: \d\d[OE][+ ])? ?"
    r"|section_(?:start|end):\d+:\S*|##\w*\[[^\]]*\]|::[\w-]+(?: .*?)?::"
    r"|#\d+ (?=\S)|\d+\.\d{3} (?=\S)|[│┃╷╵] ?)"
)
_ERROR_COMMAND = re.compile(r"\s*(?:##\[error\]|::error[ :])")
_OTHER_COMMAND = re.compile(r"\s*(?:##\w*\[(?!error\])|::(?!error[ :])[\w-]+(?: .*?)?::|\[command\])")
_STEP = re.compile(r"\s*##\[group\]Run |\s*Post job cleanup\.|\s*section_start:\d+:(?:after_script|upload_artifacts|cleanup)")
_LABEL = re.compile(r"(?:npm (?:ERR!|error)|\[ERROR\]|E  )\s+(?=\S)")
_ECHO = re.compile(r"\s*(?:\$|\++) ")  # a command as a shell or a runner repeats it
_WORD = re.compile(r"\w")

# What says nothing of the cause: exit codes, advice, what went well.
_NOISE = re.compile(
    r"(?:Process completed with exit code|ERROR: Job failed: (?:exit code|command terminated)|script returned exit code"
    r"|Cleaning up project directory|Uploading artifacts|Finished: |Build step .* marked build|FAIL$|exit status \d+$"
    r"|\[ERROR\]\s*(?:$|To see the full|Re-run Maven|For more information|\[Help \d|-> \[Help|After correcting|Please refer|See "
    r"|(?:Failures|Errors):\s*$|mvn )"
    r"|npm (?:ERR!|error)\s*(?:$|code |errno|path|command|cwd|A complete log|Exit status|Lifecycle|Failed at|This is probably"
    r"|Fix the upstream|this command with|to accept an incorrect|See )"
    r"|npm (?:notice|warn|WARN)|\* (?:Try|Get more help|What went wrong):?|> (?:Run with|Get more help)|\[INFO\]|\[WARN|warning\b|WARN"
    r"|BUILD FAILED|FAILURE: Build failed|note: (?:run with|each undeclared)|ok\s|at \S+[ (]\S|> \["
    r"|stack backtrace|\[Pipeline\]|\.\.\. \d+ more|\d+ Warning\(s\)"
    r"|For more information|Traceback \(most|failures:$|Caught exception$)"
    r"|.*(?:\b(?:0|[Nn]o) (?:errors?|failed|failures?)\b|\bPASS(?:ED)?\b|\bFailures: 0, Errors: 0\b|✓|✔)"
)

# What tools print where something goes wrong, and how much it tells. The first row that fits a line decides.
_TELLING: tuple[tuple[int, re.Pattern[str]], ...] = tuple(
    (weight, re.compile(pattern))
    for weight, pattern in (
        # the end of a chain: it repeats what a line before has said
        (1, r"make(?:\[\d+\])?: \*\*\* |(?:ERROR|error): failed to solve|error: could not compile|error: test failed|ninja: build stopped"),
        (1, r"#?\d* ?ERROR: process |.*\bexited with (?:exit )?code \d|.*\bexit(?:ed with)? (?:code|status):? \d"),
        (1, r"> Task \S+ FAILED|test \S+ \.\.\. FAILED|FAIL\t|error Command failed|Execution failed for task"),
        (1, r"\[ERROR\] (?:Tests run:|Failed to execute goal .* test failures)"),
        # a test, a place in the source, the end of a stack
        (5, r"FAILED \S+::| FAIL  \S.* > |--- FAIL: |\s*● (?!Console)\S|\s*[^>\s].* FAILED$|thread '.*' panicked at|panic: "),
        (5, r"\S+[:(]\d+(?:[:,]\d+\)?)?:? (?:fatal )?error\b|\[ERROR\]\s+\S+:(?:\d+ |\[\d+,\d+\])|error\[\w+\]: "),
        (4, r"E  \s*\S|(?:Caused by: |Uncaught )?(?:[\w$]+\.)*\w*(?:Error|Exception|Failure)(?: \[\w+\])?(?::|$)|Exception in thread "),
        (4, r"(?:Error|error|ERROR|fatal|FATAL|Fatal error): |(?:npm (?:ERR!|error)|\[ERROR\]|\[FATAL\]|E:|ERR!) |curl: \(\d+\)"),
        (4, r"\S+: line \d+: |\S+: (?:\d+: )?\S+: (?:not found|command not found|[Pp]ermission denied)|Segmentation fault"),
        (4, r"\s*\d{1,4}\) \w|FAIL: \w|\s*! \["),
        # the words alone
        (3, r".*\b(?:[Ee]rror:|ERROR\b|FATAL\b|FAILED\b|AssertionError\b|[Cc]ommand not found|[Ss]egmentation fault|Killed\b|OOM)"),
        (2, r".*\b(?:[Ee]rrors?\b|[Ff]ailed\b|[Ff]ailure\b|[Uu]nable to|[Cc]annot\b|[Cc]ould not|[Tt]imed out|[Dd]enied|[Rr]efused)"),
    )
)
_NUMBERED = re.compile(r"\s*\d{1,4}\) \w")
_EXIT = re.compile(r"Process completed with exit code|ERROR: Job failed: (?:exit code|command)|(?:ERROR: )?script returned exit code")
_COMMAND_WEIGHT = 5  # an error that the step itself declared


class _Line(NamedTuple):
    """A line without what stands before it; `weight` 0 tells of no error, below it the line is noise."""

    text: str
    weight: int
    ends_stack: bool = False


def excerpt(text: str) -> str | None:
    """The lines of a log that say best what went wrong: at most 4 and 300 characters, joined by a line break; None without any.

    `text` may be a stranger's: of a longer one only the last 256 KiB are read.
    """
    lines = _lines(text)
    at = _telling(lines)
    if at is None:
        return _last_words(lines)
    first = max(0, at - 2) if lines[at].ends_stack else at
    chosen: dict[str, None] = {}
    for number in range(first, min(first + _NEAR, len(lines))):
        line = lines[number]
        if line.weight >= 0 and (line.weight or number <= at + _BEHIND):
            chosen.setdefault(line.text)
    return _within(list(chosen)[:EXCERPT_MAX_LINES])


def error_line(text: str) -> str | None:
    """The line of a log that says best what went wrong, at most 200 characters; None without one. `text` as in `excerpt`."""
    lines = _lines(text)
    at = _telling(lines)
    if at is None:
        return None
    told = lines[at]
    if _NUMBERED.match(told.text):  # a test's name; what it says stands behind it
        told = next((line for line in lines[at + 1 : at + 1 + _BEHIND] if line.weight > 1 and not _NUMBERED.match(line.text)), told)
    return clip(told.text.strip(), LINE_MAX_CHARS)


def _telling(lines: Sequence[_Line]) -> int | None:
    """The line to begin with: of the weightiest the last list, and of that the first; None where no line tells of an error."""
    most = max((line.weight for line in lines), default=0)
    if most <= 0:
        return None
    at = len(lines)
    for number in range(len(lines) - 1, -1, -1):
        if lines[number].weight == most:
            if at < len(lines) and at - number > _NEAR:
                break
            at = number
    return at


def _within(texts: Sequence[str]) -> str:
    """The lines within the limit, without the indentation that all of them share."""
    margin = min(len(text) - len(text.lstrip()) for text in texts)
    shown: list[str] = []
    left = EXCERPT_MAX_CHARS
    for text in texts:
        body = text.lstrip()
        indent = " " * min(len(text) - len(body) - margin, _INDENT_MAX_CHARS)
        if shown and left < _REST_MIN_CHARS:
            break
        shown.append(clip(indent + body, min(left, LINE_MAX_CHARS)))
        left -= len(shown[-1]) + 1
    return "\n".join(shown)


def _last_words(lines: Sequence[_Line]) -> str | None:
    """What stood right before the exit code, where a command failed without a word of error."""
    ended = next((number for number in range(len(lines) - 1, -1, -1) if _EXIT.match(lines[number].text)), 0)
    said = [line.text for line in lines[max(0, ended - EXCERPT_MAX_LINES) : ended] if line.weight == 0]
    return _within(said[-LAST_WORDS_MAX_LINES:]) if said else None


def _lines(text: str) -> list[_Line]:
    """The lines of the step that failed, weighed."""
    raw = [_last_written(line) for line in text[-LOG_MAX_CHARS:].split("\n")[-LOG_MAX_LINES:]]
    return list(_weighed(_failed_step(raw)))


def _last_written(line: str) -> str:
    """What a terminal shows of a line in the end, without codes: progress is written over itself."""
    parts = [part for part in line.split("\r") if part.strip()]
    shown = parts[-1] if parts else ""
    if len(parts) > 1 and "section_" in parts[0]:
        shown = f"{parts[0][:_RAW_MAX_CHARS]} {shown}"
    return UNSAFE.sub(" ", _ANSI.sub("", shown[: _RAW_MAX_CHARS * 2])).rstrip()[:_RAW_MAX_CHARS]


def _failed_step(lines: Sequence[str]) -> Sequence[str]:
    """The lines of the step that failed, where the log tells one step from another."""
    failed = next((n for n in range(len(lines) - 1, -1, -1) if "##[error]" in lines[n]), None)
    if failed is None:
        return lines
    begin = next((n for n in range(failed, -1, -1) if _STEP.match(_undated(lines[n]))), 0)
    end = next((n for n in range(failed + 1, len(lines)) if _STEP.match(_undated(lines[n]))), len(lines))
    return lines[begin:end]


def _undated(line: str) -> str:
    """A line without its time."""
    return line[line.find("Z ") + 2 :] if line[:1].isdigit() or line[:1] in (" ", "[") else line


def _weighed(lines: Sequence[str]) -> Iterator[_Line]:
    in_script = in_stack = False
    for line in lines:
        in_script = (in_script or "##[group]Run " in line) and "##[endgroup]" not in line
        text = _bare(line)
        if in_script or not _WORD.search(text):
            continue
        ends_stack = in_stack and not text[0].isspace()
        in_stack = (in_stack and not ends_stack) or text.startswith("Traceback (most")
        yield _Line(_shown(text), _weight(line, text, ends_stack=ends_stack), ends_stack)


def _bare(line: str) -> str:
    """A line without what CIs and tools write before it."""
    at = 0
    while found := _BEFORE.match(line, at):
        at = found.end()
    return line[at:]


def _weight(line: str, text: str, *, ends_stack: bool) -> int:
    """How much a line tells, by the whole of it and by its bare text."""
    undated = _undated(line)
    if _OTHER_COMMAND.match(undated) or _ECHO.match(text) or _NOISE.match(text.lstrip()):
        return -1
    weight = next((weight for weight, pattern in _TELLING if pattern.match(text)), 0)
    if weight == 1:
        return weight
    return _COMMAND_WEIGHT if _ERROR_COMMAND.match(undated) else 4 if ends_stack else weight


def _shown(text: str) -> str:
    """A bare line as it is shown: without a tool's label or a ruler, spaces kept at its start alone, no log command anywhere."""
    if text[:4] in ("====", "----", "____", "****"):
        text = text.strip("=-_* ")
    label = _LABEL.match(text)
    body = text[label.end() :] if label else text
    indent = len(body) - len(body.lstrip())
    words = " ".join(body.split()).replace("##", "#")
    while words.startswith("::"):
        words = words.lstrip(": ")
    return " " * indent + words

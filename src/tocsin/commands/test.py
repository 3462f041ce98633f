"""`tocsin test`: the policy's own tests, without sending anything."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from typing import TYPE_CHECKING, Any

from tocsin.commands.arguments import Parser
from tocsin.commands.flags import add_policy
from tocsin.commands.output_file import require_output
from tocsin.text import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.console import Console
    from tocsin.deliver import Stop
    from tocsin.policy_tests.case_parts import Around
    from tocsin.policy_tests.coverage import Coverage
    from tocsin.policy_tests.running import CaseResult
    from tocsin.world import World

    Row = tuple[CaseResult, Sequence[str]]  # a result, and its differences in lines

HELP = "run the policy's tests: who hears of which run"
USAGE = "[FLAGS] [FILE ...]"
DESCRIPTION = """\
Run the cases of tocsin.test.yml: each names a run and who must hear of it.
Nothing is sent, no variable is needed, and nothing is asked of the network."""
EXAMPLES = """\
tocsin test
tocsin test --min-coverage 100    fail where a rule has no case
tocsin test --junit report.xml    for the CI's test view
tocsin test --record tocsin-report.json --output tocsin.test.yml
"""
FAILED = 1
UNTOUCHED_MAX = 100  # ours: rules in the answer; --json has all


def add_flags(command: Parser) -> None:
    """The test files, the policy, what must be reached, and the form of the answer."""
    command.add_argument(
        "files", nargs="*", metavar="FILE", help="a test file, or - for standard input (default: the one beside the policy)"
    )
    add_policy(command)
    command.add_argument("--min-coverage", metavar="N", type=_percent, help="fail where cases match less than N percent of the rules")
    command.add_argument("--junit", metavar="FILE", help="write the results to FILE as JUnit XML")
    command.add_argument("--record", metavar="FILE", help="make a case of what send --report or context --json wrote, and print it")
    command.add_argument("--name", metavar="NAME", help="the name of the case that --record makes")
    command.add_argument("--output", metavar="FILE", help="add the case to FILE, a test file, in place of printing it")
    command.add_argument("--json", action="store_true", help="print the results as JSON")


def _percent(text: str) -> float:
    import math

    try:
        value = float(text.removesuffix("%"))
    except ValueError:
        value = math.nan
    if not 0 <= value <= 100:
        raise ArgumentTypeError(f"{text[:40]!r} is no percentage: use a number from 0 to 100")
    return value


def run(words: Namespace, world: World, console: Console, _stop: Stop) -> int:
    """Print what failed, and what no case touched; 1 where a case fails or the coverage is too low."""
    from tocsin import report
    from tocsin.policy_tests.coverage import coverage_of, together
    from tocsin.policy_tests.differences import Differences
    from tocsin.policy_tests.files import suites
    from tocsin.policy_tests.running import run_cases

    _require_sense(words)
    if words.record:
        _record(words, world, console)
        return report.OK
    rows: list[Row] = []
    parts: list[Coverage] = []
    for suite in suites(world, words.files, words.policy):
        results = run_cases(suite.document, suite.cases, world.now())
        differences = Differences(suite.document)
        rows += [(result, [] if result.passed else list(differences.lines(result))) for result in results]
        parts.append(coverage_of(differences.places, results))
    coverage = together(parts)
    if words.json:
        console.data(as_data(rows, coverage))
    else:
        _print(rows, coverage, console)
    if words.junit:
        from tocsin.policy_tests.junit_report import junit

        require_output(world, "--junit", words.junit, junit(rows, coverage))
    failed = sum(not result.passed for result, _ in rows)
    if failed:
        console.talk(f"{counted(failed, 'case')} of {len(rows)} failed", "error")
    low = words.min_coverage is not None and not coverage.reaches(words.min_coverage)
    if low:
        console.talk(f"the cases touch {coverage.percent:g} % of the rules, less than {words.min_coverage:g} %", "error")
    return FAILED if failed or low else report.OK


def _require_sense(words: Namespace) -> None:
    """Raise UsageError for flags that do not go together."""
    from tocsin.errors import UsageError

    for flag, given in (("--name", words.name), ("--output", words.output)):
        if given is not None and not words.record:
            raise UsageError(f"{flag} goes with --record alone")
    if words.record and (words.files or words.junit or words.min_coverage is not None or words.json):
        raise UsageError("--record makes a case and runs none: beside it only --name, --output and --policy have a meaning")


def _record(words: Namespace, world: World, console: Console) -> None:
    """Print a case of what was, or add it to a test file. Raises ContextError, PolicyError, UsageError."""
    from tocsin.derive.recorded import recorded_run
    from tocsin.policy_tests.files import place_of_record
    from tocsin.policy_tests.record import printed, recorded_case

    around, data = place_of_record(world, words.policy, words.output)
    made = recorded_case(around, recorded_run(world, words.record, "--record"), words.name)
    for name in made.left_out:
        console.talk(f"{name} is no channel of the policy any more, so the case does not name it", "warning")
    if words.output is None:
        console.script(printed(made.lines))
    else:
        _append(words.output, around, data, made.lines)
        console.talk(f"added a case to {words.output}")


def _append(path: str, around: Around, data: bytes, lines: Sequence[str]) -> None:
    """Add a case to a test file, whose bytes all stay. Raises PolicyError, UsageError."""
    from tocsin.errors import UsageError
    from tocsin.policy.words import quoted
    from tocsin.policy_tests.record import appended
    from tocsin.whole_file import append_whole, why_not_written

    added = appended(around, path, data, lines)
    if added is None:
        raise UsageError(
            f"--output: {quoted(path)} has such a case already, or its cases are no list at its end with a line for each: "
            "give another --name, or leave --output out and paste what is printed"
        )
    try:
        append_whole(around.world.folder / path, added)
    except OSError as error:
        raise UsageError(f"--output: {quoted(path)} cannot be written: {why_not_written(error)}") from None


def as_data(rows: Sequence[Row], coverage: Coverage) -> dict[str, Any]:
    """The results as `--json` prints them."""
    return {
        "cases": [
            {
                "name": result.case.name,
                "file": result.case.file,
                "line": result.case.place[0],
                "passed": result.passed,
                "told": list(result.told),
                "missing": list(result.missing),
                "unexpected": list(result.unexpected),
                "rules": [rule.name for rule in result.matched],
                "missing_rules": list(result.missing_rules),
                "unexpected_rules": list(result.unexpected_rules),
                "differences": list(lines),
            }
            for result, lines in rows
        ],
        "coverage": {
            "rules": coverage.rules,
            "untouched": [place.name for place in coverage.untouched],
            "percent": coverage.percent,
            "places": [{"name": place.name, "file": place.file, "line": place.line} for place in coverage.untouched],
        },
    }


def _print(rows: Sequence[Row], coverage: Coverage, console: Console) -> None:
    for result, lines in rows:
        case = result.case
        place = f"{case.file}:{case.place[0]}:{case.place[1]}"
        if not result.passed:
            console.answer(f"{place}: failed: {case.name}")
            console.lines(lines)
        elif console.least == "debug":
            console.answer(f"{place}: passed: {case.name}")
    passed = sum(result.passed for result, _ in rows)
    if coverage.untouched:
        console.heading("Rules that no case touches")
        console.table([(place.name, f"{place.file}:{place.line}") for place in coverage.untouched[:UNTOUCHED_MAX]])
        if len(coverage.untouched) > UNTOUCHED_MAX:
            console.lines([f"and {len(coverage.untouched) - UNTOUCHED_MAX} more, which --json lists"])
    touched = f"{coverage.touched} of {counted(coverage.rules, 'rule')} touched ({coverage.percent:g} %)"
    console.answer(f"{passed} of {counted(len(rows), 'case')} passed, {touched}")

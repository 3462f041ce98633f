"""GitHub Actions: a step after the checkout of a workflow's one job, or a last job that reports the whole workflow.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import yaml

from tocsin.init.change import ACTION, ENVIRONMENT, Change
from tocsin.init.repository import CiFile
from tocsin.init.yaml_text import YamlText, end_line, entries, insert, items, read_yaml, scalar, word, words

CI = "github"
NEW_FILE = ".github/workflows/NAME.yml"
# What starts a run that people wait for. A run of workflow_call is its caller's.
_STARTS = frozenset(("push", "pull_request", "merge_group", "schedule", "release", "workflow_dispatch", "repository_dispatch", "create"))
_OTHERS_CODE = frozenset(("pull_request_target", "workflow_run"))
_CHECKOUT = "actions/checkout@"
_HAS_IT = re.compile(r"^[^#\n]*(?:/tocsin@|\btocsin send\b)", re.MULTILINE)
_OLD = re.compile(rf"{_CHECKOUT}v[123]\b")  # no runner starts their node any more
_HOSTED = re.compile(r"ubuntu-\d\d\.\d\d")
_JOB_NAMES = ("notify", "tocsin", "notifications")
_UNREADABLE = "it is not YAML that can be read with certainty"


class Workflow(NamedTuple):
    """A workflow that should report."""

    path: str
    file: YamlText
    jobs: dict[str, yaml.Node]


def environments(files: Sequence[CiFile]) -> dict[str, str]:
    """The environments that jobs name in words, and the file of each."""
    found: dict[str, str] = {}
    for file in files:
        known = read_yaml(file.text or "")
        for job in entries(entries(known.root).get("jobs")).values() if known else ():
            found.setdefault(_environment(job), file.path)
    return {name: path for name, path in found.items() if ENVIRONMENT.fullmatch(name)}


def _environment(job: yaml.Node) -> str:
    node = entries(job).get("environment")
    return word(node) or word(entries(node).get("name"))


def new(variables: Sequence[str]) -> Change:
    """The step for a workflow that is not there yet."""
    return Change(CI, NEW_FILE, "in a job, after its checkout", "\n".join(step(variables)))


def changes(files: Sequence[CiFile], variables: Sequence[str]) -> list[Change]:
    """A change for each workflow that should report and does not yet."""
    found = []
    for file in files:
        known = read_yaml(file.text or "")
        if file.text is None or known is None:
            found.append(Change(CI, file.path, "in a job, after its checkout", "\n".join(step(variables)), None, _UNREADABLE))
        elif not _HAS_IT.search(file.text) and _reports(known):
            found.append(_change(Workflow(file.path, known, entries(entries(known.root).get("jobs"))), variables))
    return found


def _reports(file: YamlText) -> bool:
    """Whether a run of the workflow is one that people wait for: started by a change or by hand, and about the repository's code."""
    top = entries(file.root)
    starts = set(words(top.get("on")))
    jobs = list(entries(top.get("jobs")).values())
    used = [word(entries(node).get("uses")) for job in jobs for node in (job, *items(entries(job).get("steps")))]
    code = any(name.startswith((_CHECKOUT, "./")) for name in used)  # its own code, or a workflow of its own
    return bool(starts & _STARTS) and not starts & _OTHERS_CODE and code


def step(variables: Sequence[str], *inputs: tuple[str, str]) -> Iterator[str]:
    """The lines of the step."""
    yield f"- uses: {ACTION}"
    if inputs:
        yield "  with:"
    for name, value in inputs:
        yield f"    {name}: {value}"
    yield "  env:"
    for variable in variables:
        yield f"    {variable}: ${{{{ secrets.{variable} }}}}"


def _change(flow: Workflow, variables: Sequence[str]) -> Change:
    """One job without a matrix takes the step; else there is a last job, so that one message reports them all."""
    jobs = list(flow.jobs.values())
    place = _checkout(jobs[0]) if len(jobs) == 1 and "strategy" not in entries(jobs[0]) else None
    if not place:
        return _last_job(flow, variables)
    environment = _environment(jobs[0])
    lines = "\n".join(step(variables, *([("environment", scalar(environment))] if environment else [])))
    steps = entries(jobs[0])["steps"]
    text = insert(flow.file, end_line(flow.file, place), lines, steps)
    return Change(CI, flow.path, f"in the job {next(iter(flow.jobs))}, after its checkout", lines, text, "" if text else _UNREADABLE)


def _checkout(job: yaml.Node) -> yaml.Node | None:
    """The step that always checks this repository out, into the workspace itself."""
    for node in items(entries(job).get("steps")):
        given = entries(node)
        if word(given.get("uses")).startswith(_CHECKOUT):
            inputs = entries(given.get("with"))
            return None if "if" in given or inputs.keys() & {"repository", "path", "ref"} else node
    return None


def _last_job(flow: Workflow, variables: Sequence[str]) -> Change:
    name = next((name for name in _JOB_NAMES if name not in flow.jobs), None)
    lines = "\n".join(_job(name or _JOB_NAMES[0], flow, variables))
    parent = entries(flow.file.root)["jobs"]
    text = insert(flow.file, end_line(flow.file, parent), lines, parent, gap_above=_gaps(flow)) if name and flow.jobs else None
    return Change(CI, flow.path, "as a job of its own, the last one", lines, text, "" if text else _UNREADABLE)


def _gaps(flow: Workflow) -> bool:
    """Whether an empty line stands between the workflow's jobs."""
    whole = flow.file.text.splitlines()
    return any(not whole[node.start_mark.line - 2].strip() for node in list(flow.jobs.values())[1:])


def _job(name: str, flow: Workflow, variables: Sequence[str]) -> Iterator[str]:
    yield f"{name}:"
    yield "  if: always()"
    yield f"  needs: [{', '.join(map(scalar, flow.jobs))}]"
    yield f"  runs-on: {_runner(flow)}"
    yield "  permissions:"
    yield "    contents: read # to check out the policy"
    yield "    actions: read # to name the steps that failed and why, and to know since when"
    yield "    checks: read # to take the reason from annotations, where there are any"
    yield "  steps:"
    yield f"    - uses: {_used_checkout(flow)}"
    yield "      with:"
    yield "        persist-credentials: false"
    deployed = _deployed(flow)
    inputs = [("needs", "${{ toJSON(needs) }}"), *([("environment", deployed)] if deployed else [])]
    yield from (f"    {line}" for line in step(variables, *inputs))


def _runner(flow: Workflow) -> str:
    """A runner that the workflow has already: Ubuntu's first."""
    found = [entries(job).get("runs-on") for job in flow.jobs.values()]
    named = [words(node) for node in found if isinstance(node, (yaml.ScalarNode, yaml.SequenceNode))]
    used = [labels for labels in named if labels and not any("${{" in label for label in labels)] or [["ubuntu-latest"]]
    labels = next((labels for labels in used if any("ubuntu" in label for label in labels)), used[0])
    if len(labels) == 1 and _HOSTED.fullmatch(labels[0]):
        return "ubuntu-latest"  # the job needs none of a certain age, which one day is gone
    return scalar(labels[0]) if len(labels) == 1 else f"[{', '.join(map(scalar, labels))}]"


def _used_checkout(flow: Workflow) -> str:
    """The checkout as the workflow writes it, with its version and what is said of it; a new one in the place of one that is too old."""
    found = re.search(rf"uses:[ ]*({re.escape(_CHECKOUT)}\S+(?:[ ]+#[^\r\n]*)?)", flow.file.text)
    return found[1].strip() if found and not _OLD.match(found[1]) else f"{_CHECKOUT}v7"


def _deployed(flow: Workflow) -> str:
    """The environment of the last job that deployed. One that was skipped deployed nothing."""
    named = [(name, environment) for name, job in flow.jobs.items() if ENVIRONMENT.fullmatch(environment := _environment(job))]
    parts = [f"needs.{name}.result != 'skipped' && '{environment}'" for name, environment in reversed(named)]
    return f"${{{{ {' || '.join(parts)} || '' }}}}" if parts else ""

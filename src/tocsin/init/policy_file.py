"""The policy that is written: short, commented, and right by `check`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tocsin.homepage import SCHEMA
from tocsin.init.answers import RESULTS, Answers
from tocsin.init.gitlab import FILE as PIPELINE
from tocsin.init.yaml_text import scalar
from tocsin.text import clean

OWNERS_MAX = 10  # ours: of many code owners the first are named


def policy_file(answers: Answers, environments: Mapping[str, str], owners: Sequence[str]) -> str:
    """The text of the policy. `environments` has for each name the file that it was found in."""
    parts = (_head(), _environments(environments), _context(environments), _channel(answers), _rules(answers, owners))
    return "\n\n".join("\n".join(lines) for part in parts if (lines := list(part))) + "\n"


def _head() -> Iterator[str]:
    yield f"# yaml-language-server: $schema={SCHEMA}"
    yield "# Who gets which message, in every CI of this repository."
    yield "# Is it right? tocsin check. Who would get what, and why? tocsin explain completion --status failure"
    yield "# Every key: docs/policy.md of tocsin."


def _environments(environments: Mapping[str, str]) -> Iterator[str]:
    from tocsin.derive.policy_facts import guess_tier

    if environments:
        yield "environments:"
    for name, file in environments.items():
        yield f"  {scalar(name)}: {{tier: {guess_tier(name)}}} # in {clean(file, 100)}"


def _context(environments: Mapping[str, str]) -> Iterator[str]:
    """How to say which runs deploy, where the CI does not: https://docs.gitlab.com/ci/variables/predefined_variables/."""
    name = next((name for name, file in environments.items() if file == PIPELINE), None)
    if name:
        yield "# GitLab tells an environment to the job that deploys alone. So say which runs of the pipeline deploy to it:"
        yield "# context:"
        yield "#   rules:"
        yield "#     - when: {branch: main, source: push}"
        yield f"#       set: {{environment: {scalar(name)}}}"


def _channel(answers: Answers) -> Iterator[str]:
    yield "channels:"
    yield "  team: # a name of your own"
    yield f"    kind: {answers.kind}"
    if answers.kind == "smtp":
        yield "    host: smtp.example.com # change it: your mail server"
        yield "    from: ci@example.com # change it: the sender"
        yield '    username: "${SMTP_USER}" # variables, which the CI keeps as secrets'
        yield '    password: "${SMTP_PASSWORD}"'
    else:
        yield f'    url: "${{{answers.variables[0]}}}" # a variable, which the CI keeps as a secret'


def _rules(answers: Answers, owners: Sequence[str]) -> Iterator[str]:
    to = _recipient(answers, owners)
    if owners:
        yield f"# The owners by CODEOWNERS: {', '.join(owners[:OWNERS_MAX])}{', …' if len(owners) > OWNERS_MAX else ''}"
    yield "notifications:"
    yield f"  - name: {answers.results if answers.results != 'all' else 'every run'}"
    yield f"    on: [{', '.join(RESULTS[answers.results])}] # {_EXPLAINED[answers.results]}"
    yield "    # pipelines: {branch: main} # only these; without it all, of every branch, tag and pull request"
    yield f"    send_to: {to}"
    if answers.deployments:
        yield "  - name: deployments"
        yield "    on: [trigger, success, failure] # trigger: the run has started"
        yield f"    pipelines: {{environment: [{', '.join(map(scalar, answers.deployments))}]}}"
        yield f"    send_to: {to}"


_EXPLAINED = {
    "failures": "fixed: the first success after a failure; on GitHub with the permission actions: read",
    "results": "also: trigger (the run has started), cancelled, unstable, fixed",
    "all": "trigger: the run has started; also: cancelled, unstable, fixed",
}


def _recipient(answers: Answers, owners: Sequence[str]) -> str:
    """The channel; for mail the address of the first owner who has one."""
    if answers.kind != "smtp":
        return "team"
    return next((owner for owner in owners if not owner.startswith("@")), "dev@example.com # change it: who gets the mails")

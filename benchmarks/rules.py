"""A policy of many rules, and its tests, as a large organisation might write them."""

from __future__ import annotations

from pathlib import Path

_KINDS = ("ci", "cd")
_EVENTS = ("failure", "[success, failure]", "[trigger, success, failure]", "[fixed, broken]")
_ENVIRONMENTS = ("production", '"staging-*"', "[qa, uat]", '"!sandbox"')
_BRANCHES = ("main", '[main, "release/*"]', '"feature/*"', '"!dependabot/*"')

# What those take.
_HAPPENS = ("failure", "success", "trigger", "fixed")
_IN = ("production", "staging-1", "qa", "test")
_OF = ("main", "release/1", "feature/1", "main")


def write_policy(path: Path, rules: int) -> Path:
    """Write a policy of so many rules, about 180 bytes and 22 keys and values each, over twenty channels and as many addresses."""
    lines = ["channels:"]
    lines += [f'  team-{number}: {{kind: slack, url: "${{SLACK_{number}}}"}}' for number in range(20)]
    lines += ["  mail: {kind: smtp, host: smtp.example.com, from: ci@example.com, default: true}", "notifications:"]
    for number in range(rules):
        keys = f"kind: {_KINDS[number % 2]}, project: team-{number % 97}, app: {_app(number)}"
        place = f"environment: {_ENVIRONMENTS[number // 4 % 4]}" if number % 2 else f"branch: {_BRANCHES[number // 4 % 4]}"
        lines.append(f"  - name: rule {number}")
        lines.append(f"    on: {_EVENTS[number % 4]}")
        lines.append(f"    pipelines: {{{keys}, {place}}}")
        lines.append(f"    send_to: [team-{number % 20}, dev-{number % 20}@example.com]")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_tests(path: Path, policy: Path, rules: int, cases: int) -> Path:
    """Write tests of such a policy beside it: each case is about another rule, and passes."""
    lines = [f"policy: {policy.name}", "cases:"]
    for case in range(cases):
        number = case * rules // cases
        lines.append(f"  - name: case {case}")
        lines.append(f"    event: {{event: {_HAPPENS[number % 4]}, {_fitting(number)}}}")
        lines.append(f"    told: [team-{number % 20}, dev-{number % 20}@example.com]")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _fitting(number: int) -> str:
    app = f"service-{number}-eu" if number % 3 == 0 else f"service-{number}" if number % 3 == 1 else f"api-{number}"
    place = f"environment: {_IN[number // 4 % 4]}" if number % 2 else f"branch: {_OF[number // 4 % 4]}"
    return f"project: team-{number % 97}, app: {app}, {place}"


def _app(number: int) -> str:
    return f'"service-{number}-*"' if number % 3 == 0 else f"service-{number}" if number % 3 == 1 else f'[api-{number}, "web-{number}?"]'

"""The template as a file: what GitLab's own way of reading it makes of it, and what each shell of a runner does."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from local import POLICY, TEMPLATE, events, machine, program
from runners import require
from test_gitlab_pipelines import EVERYTHING, NASTY

BLOCK = re.compile(r"\$\[\[\s*inputs\.([a-z-]+)\s*\]\]")
HEADER, BODY = TEMPLATE.read_text(encoding="utf-8").split("\n---\n")
INPUTS = yaml.safe_load(HEADER)["spec"]["inputs"]
KEYWORDS = {"default", "image", "include", "services", "stages", "variables", "workflow", "cache", "before_script", "after_script", "pages"}


def read_by_gitlab(given: Mapping[str, Any]) -> dict[str, Any]:
    """The file as GitLab reads it: inputs are put into its text, those that are no text as JSON, and then it is parsed.

    https://docs.gitlab.com/ci/inputs/; gitlab-ci-local parses first.
    """
    values = {name: spec["default"] for name, spec in INPUTS.items()} | given
    return yaml.safe_load(BLOCK.sub(lambda found: text if isinstance(text := values[found[1]], str) else json.dumps(text), BODY))


def whole(jobs: dict[str, Any], name: str) -> dict[str, Any]:
    """A job with all that it extends."""
    merged: dict[str, Any] = {}
    for part in [jobs[parent] for parent in jobs[name].get("extends", ())] + [jobs[name]]:
        merged = {**merged, **part, "variables": {**merged.get("variables", {}), **part.get("variables", {})}}
    return merged


@pytest.mark.parametrize(
    "text", ["", NASTY, " spaces ", "- a", "? b", "|", "a: b", "{a", "[b", "'", '"', "# c", "!x", "&x", "*x", "%x", "---"]
)
def test_gitlab_reads_an_input_as_it_was_written(text):
    names = [name for name, spec in INPUTS.items() if spec.get("type") is None and not {"regex", "options"} & spec.keys()]
    job = whole(read_by_gitlab(dict.fromkeys(names, text)), "tocsin-success")
    for name in names:
        variable = job["variables"][f"TOCSIN_INPUT_{name.upper().replace('-', '_')}"]
        assert variable == {"value": text, "expand": False}


def test_gitlab_reads_lists_booleans_and_prefixes():
    jobs = read_by_gitlab({"runner-tags": ["docker", "big one"], "strict": True, "environment-access": True, "job-prefix": "a b.c"})
    job = whole(jobs, "a b.c-failure")
    assert (job["tags"], job["allow_failure"], job["environment"]["action"]) == (["docker", "big one"], False, "access")
    assert {name.lstrip(".").removeprefix("a b.c") for name in jobs} <= {
        *("", "-job", "-trigger", "-success", "-failure", "-test", "-strict-true", "-strict-false", "-access-true", "-access-false"),
        *('-tags-["docker", "big one"]', "-tags-[]"),
        *("-receipts-true", "-receipts-false", "-after-false-[]", "-after-true-[]"),
    }


def test_by_default_a_job_leaks_nothing_and_takes_nothing():
    jobs = read_by_gitlab({})
    assert all(jobs.values()), "GitLab takes no empty hidden job"
    assert not KEYWORDS & jobs.keys()
    for name in ("tocsin-trigger", "tocsin-success", "tocsin-failure"):
        job = whole(jobs, name)
        assert "tags" not in job
        assert "environment" not in job
        assert (job["allow_failure"], job["inherit"], job["cache"], job["dependencies"]) == (True, {"default": False}, [], [])
        assert (job["stage"], job.get("needs"), job["interruptible"]) == (".post", [] if "trigger" in name else None, "trigger" in name)


def test_what_gitlab_refuses_of_a_header():
    """Where a pattern is set, an empty value never matches it: lib/gitlab/untrusted_regexp.rb. No value may have more than 1 KB."""
    for name, spec in INPUTS.items():
        assert "default" in spec, name
        assert {"description", "default"} <= spec.keys() <= {"description", "default", "type", "options", "regex"}
        if "regex" in spec:
            assert re.search(spec["regex"], spec["default"])
        if "options" in spec:
            assert spec["default"] in spec["options"]
    assert set(BLOCK.findall(BODY)) == set(INPUTS)
    assert "$[[ component" not in BODY


def test_the_merged_file_is_valid_by_gitlabs_schema(repository):
    """With every input, with few and with none."""
    repository.pipeline(EVERYTHING)
    run = repository.run({}, "--preview")
    repository.write("merged.yml", run.out)
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci", str(repository.folder / "merged.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {"early bird-success", "late-success", "tocsin-success"} <= yaml.safe_load(run.out).keys()


SHELLS = {"dash": ["dash"], "busybox": ["busybox", "sh"], "bash": ["bash"]}
STRICTEST = "set -eu; if (set -o pipefail) 2>/dev/null; then set -o pipefail; fi\n"


def in_shell(shell: str, tmp_path, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """The script as a runner starts it, from standard input, in the strictest mode that the shell has, and a line after it."""
    [script] = read_by_gitlab({})[".tocsin-job"]["after_script"]
    (tmp_path / ".tocsin.yml").write_text(POLICY)
    words = SHELLS[shell]
    require(words[0])
    environment = {
        "PATH": machine(tmp_path), "HOME": str(tmp_path), "GITLAB_CI": "true", "CI_PIPELINE_ID": "7", **variables
    }  # fmt: skip
    code = f"{STRICTEST}{script}\necho and on\n"
    return subprocess.run(words, input=code, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_of_a_runner_runs_it(tmp_path, server, secrets, shell):
    said = {"TOCSIN_INPUT_APP": NASTY, "TOCSIN_INPUT_PROJECT": " a  b ", "CI_JOB_STATUS": "canceled", "CI_JOB_NAME": "deploy"}
    done = in_shell(shell, tmp_path, {**secrets, **said})
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("\nand on\n")
    [event] = events(server)
    assert (event["event"], event["scope"], event["app"], event["project"]) == ("cancelled", "job", NASTY, "a  b")


def test_a_status_of_a_dotenv_report_is_told(tmp_path, server, secrets):
    in_shell("dash", tmp_path, {**secrets, "TOCSIN_HOOK": "success", "TOCSIN_STATUS": "unstable", "CI_JOB_STATUS": "running"})
    [event] = events(server)
    assert (event["event"], event["scope"]) == ("unstable", "run")


def test_a_job_of_yours_goes_on_whatever_is_wrong(tmp_path, secrets):
    (tmp_path / "tocsin.yml").write_text("channels: {team: {kind: slak}}\n")
    for variables in ({"TOCSIN_INPUT_POLICY": "tocsin.yml", "CI_JOB_STATUS": "success"}, {}):  # a policy that is invalid, no status
        done = in_shell("dash", tmp_path, {**secrets, **variables})
        assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "and on")
        assert "tocsin: error: " in done.stderr


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(("hook", "code"), [("trigger", 142), ("success", 142), ("failure", 142), ("test", 142), ("job", 0)])
def test_one_line_tells_of_a_program_that_was_ended(tmp_path, tmp_path_factory, shell, hook, code):
    """As the watchdog ends it. The jobs are red then where `strict` asks for it alone: else GitLab allows their failure."""
    programs = tmp_path_factory.mktemp("programs")  # outside of the checkout
    program(programs / "tocsin", "kill -ALRM $$")
    done = in_shell(shell, tmp_path, {"TOCSIN_HOOK": hook, "CI_JOB_STATUS": "success", "PATH": machine(programs, None)})
    assert (done.returncode, done.stdout.endswith("and on\n")) == (code, code == 0)
    [line] = [line for line in done.stderr.splitlines() if line.startswith("tocsin: ")]
    assert line.startswith("tocsin: error: ended, since it took longer than its budget: ")

"""The job of the start is in a pipeline whose policy GitLab can see, and in no other."""

from __future__ import annotations

import pytest
from local import EXAMPLES

LOCAL = (EXAMPLES / "local.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("places", "inputs", "variables", "there"),
    [
        ((".tocsin.yml",), "", {}, True),
        ((".github/tocsin.yml",), "", {}, True),
        ((".gitlab/tocsin.yml",), "", {}, True),
        ((), "policy: ci/who.yml", {}, True),
        ((), "", {"TOCSIN_DEFAULT_POLICY": "/etc/tocsin.yml"}, True),
        ((), "", {"TOCSIN_POLICY": "ci/who.yml"}, True),
        ((), "", {}, False),
        ((".tocsin.yml",), "trigger: false", {}, False),
    ],
)
def test_where_the_job_of_the_start_is(repository, places, inputs, variables, there):
    (repository.folder / ".tocsin.yml").unlink()
    for name in places:
        repository.write(name, "channels: {}\n")
    repository.pipeline(LOCAL.replace("    inputs:\n", f"    inputs:\n      {inputs}\n"))
    run = repository.run(variables, "--list")
    assert ("tocsin-trigger" in run.out) == there, run.out
    assert "tocsin-success" in run.out

"""Jenkins. https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#using-environment-variables, /env-vars.html on a controller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.ci.no_api import learn, open_api

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.ci.run import ReadFile, Run

__all__ = ["build_tag", "context", "detect", "learn", "open_api"]


def detect(env: Mapping[str, str]) -> bool:
    """JOB_NAME with JENKINS_HOME, or with BUILD_NUMBER and the BUILD_TAG that Jenkins makes of them: in a build all of them exist.

    JENKINS_HOME alone stands in Jenkins's own container image, whoever runs it. JENKINS_URL is no sign of a build: agents have it
    outside of one, and builds only where the controller's root URL is configured.
    """
    return bool(env.get("JOB_NAME") and (env.get("JENKINS_HOME") or (env.get("BUILD_NUMBER") and build_tag(env))))


def build_tag(env: Mapping[str, str]) -> str | None:
    """Jenkins's own BUILD_TAG, "jenkins-JOB-NUMBER"; a variable of that name is many other people's too.

    https://github.com/jenkinsci/jenkins, CoreEnvironmentContributor
    """
    tag, number = env.get("BUILD_TAG", ""), env.get("BUILD_NUMBER")
    return tag if tag.startswith("jenkins-") and (not number or tag.endswith(f"-{number}")) else None


def context(env: Mapping[str, str], files: ReadFile) -> Run:  # noqa: ARG001  Jenkins has no event file
    """What Jenkins's variables and those of its plug-ins say of this run."""
    from tocsin.ci.jenkins.variables import read

    return read(env)

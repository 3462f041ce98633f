"""Devtron's two lists as it answers them: `GET /orchestrator/notification` and `GET /orchestrator/notification/channel`.

The shapes are those of devtron-labs/devtron, pkg/notifier/beans/beans.go and specs/notifications/core.yaml:
https://github.com/devtron-labs/devtron/blob/main/specs/notifications/core.yaml
"""

from __future__ import annotations

import json
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from tocsin.errors import PolicyError
from tocsin.text import clean

ERRORS_MAX = 20  # ours: of one file

T = TypeVar("T")


def _listed(value: Any) -> Any:
    return [] if value is None else value


def _text(value: Any) -> Any:
    return "" if value is None else value


Listed = Annotated[list[T], BeforeValidator(_listed)]
"""A list, or null, which Devtron writes for an empty one."""

Text = Annotated[str, BeforeValidator(_text)]


class Answered(BaseModel):
    """What Devtron answers; keys beside these are of no use here."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True, hide_input_in_errors=True, populate_by_name=True)


class Named(Answered):
    """A project, an application, an environment or a cluster."""

    id: int
    name: Text = ""


class Pipeline(Answered):
    """One pipeline; of a CI one `branches` are known, of a CD one the environment."""

    id: int
    app: Text = Field(default="", alias="appName")
    environment: Text = Field(default="", alias="environmentName")
    branches: Listed[str] = []


class Provider(Answered):
    """A recipient: a configuration by its id, or an address and the configuration that takes it (0: the default one)."""

    id: int = 0
    dest: Text = ""
    name: Text = ""
    recipient: Text = ""


class Setting(Answered):
    """A rule."""

    id: int
    team: Listed[Named] = []
    app: Listed[Named] = []
    environment: Listed[Named] = []
    cluster: Listed[Named] = []
    pipeline: Pipeline | None = None
    pipeline_type: Text = Field(default="", alias="pipelineType")
    providers: Listed[Provider] = Field(default=[], alias="providerConfigs")
    event_types: Listed[int] = Field(default=[], alias="eventTypes")


class NotificationList(Answered):
    """The rules, newest first, and how many there are in all."""

    total: int = 0
    settings: Listed[Setting]


class Slack(Answered):
    """A Slack configuration; `project` is a project's id, 0 for none."""

    id: int
    name: Text = Field(default="", alias="configName")
    project: int = Field(default=0, alias="teamId")
    url: Text = Field(default="", alias="webhookUrl")


class Webhook(Answered):
    """A webhook configuration."""

    id: int
    name: Text = Field(default="", alias="configName")
    url: Text = Field(default="", alias="webhookUrl")
    header: Annotated[dict[str, Any], BeforeValidator(lambda value: {} if value is None else value)] = {}
    payload: Text = ""


class Ses(Answered):
    """An SES configuration. Its secret key comes masked."""

    id: int
    name: Text = Field(default="", alias="configName")
    region: Text = ""
    access_key: Text = Field(default="", alias="accessKey")
    session_token: Text = Field(default="", alias="sessionToken")
    sender: Text = Field(default="", alias="fromEmail")
    default: bool = False


class Smtp(Answered):
    """An SMTP configuration. Its password comes masked."""

    id: int
    name: Text = Field(default="", alias="configName")
    host: Text = ""
    port: str | int | None = ""
    user: Text = Field(default="", alias="authUser")
    sender: Text = Field(default="", alias="fromEmail")
    default: bool = False
    deleted: bool = False


class ChannelList(Answered):
    """The configurations by their kind."""

    slack: Listed[Slack] = Field(default=[], alias="slackConfigs")
    webhook: Listed[Webhook] = Field(default=[], alias="webhookConfigs")
    ses: Listed[Ses] = Field(default=[], alias="sesConfigs")
    smtp: Listed[Smtp] = Field(default=[], alias="smtpConfigs")


_CONFIGURATIONS = tuple(str(field.alias) for field in ChannelList.model_fields.values())


def read_notifications(data: bytes, name: str) -> NotificationList:
    """The list of rules. Raises PolicyError where it is of another shape; `name` is the file's or the address's."""
    result = _result(data, name)
    if "settings" not in result:
        swapped = any(key in result for key in _CONFIGURATIONS)
        raise _other(name, "this is the list of channels: give it to --channels" if swapped else "result has no settings")
    return _valid(NotificationList, result, name)


def read_channels(data: bytes, name: str) -> ChannelList:
    """The list of configurations. Raises PolicyError where it is of another shape."""
    result = _result(data, name)
    if not any(key in result for key in _CONFIGURATIONS):
        what = "this is the list of rules: give it to --notifications" if "settings" in result else "result has no slackConfigs or the like"
        raise _other(name, what)
    return _valid(ChannelList, result, name)


def read_projects(data: bytes) -> dict[int, str]:
    """The names of the projects by their ids (`GET /orchestrator/team`). Raises PolicyError."""
    result = _parsed(data, "projects")
    found = result.get("result") if isinstance(result, dict) else None
    return {
        team["id"]: team["name"]
        for team in (found if isinstance(found, list) else [])
        if isinstance(team, dict) and isinstance(team.get("id"), int) and isinstance(team.get("name"), str)
    }


def _parsed(data: bytes, name: str) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise _other(name, "it is not JSON") from None


def _result(data: bytes, name: str) -> dict[str, Any]:
    """What an answer of Devtron's has, within its wrapping or without."""
    answer = _parsed(data, name)
    if isinstance(answer, dict) and isinstance(answer.get("result", answer), dict):
        result: dict[str, Any] = answer.get("result", answer)
        if "result" in answer or not answer.get("errors"):
            return result
    if isinstance(answer, dict) and answer.get("errors"):
        code = answer.get("code")
        raise _other(
            name, f"it is an error of Devtron's{f' ({code})' if isinstance(code, int) else ''}: ask again, with a token that may see it"
        )
    raise _other(name, "it has no result, which is an object")


def _other(name: str, why: str) -> PolicyError:
    return PolicyError(f"{clean(name)} is none of Devtron's lists: {why}")


_WORDS = {
    "missing": "is missing",
    "int_type": "is not a whole number",
    "int_from_float": "is not a whole number",
    "string_type": "is not a text",
    "bool_type": "is neither true nor false",
    "list_type": "is not a list",
    "dict_type": "is not an object",
    "model_type": "is not an object",
    "model_attributes_type": "is not an object",
}

M = TypeVar("M", bound=Answered)


def _valid(model: type[M], result: dict[str, Any], name: str) -> M:
    try:
        return model.model_validate(result)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False, include_context=False)
    told = "; ".join(
        dict.fromkeys(f"{_place(item['loc'])} {_WORDS.get(item['type'], 'is of another type')}" for item in wrong[:ERRORS_MAX])
    )
    raise PolicyError(f"{clean(name)} is not as Devtron writes it: {told}{' …' if len(wrong) > ERRORS_MAX else ''}")


def _place(location: tuple[int | str, ...]) -> str:
    """A path in the file, without what pydantic adds for a choice of types."""
    known = [part for part in location if isinstance(part, int) or part not in ("str", "int")]
    return "result" + "".join(f"[{part}]" if isinstance(part, int) else f".{clean(part, 40)}" for part in known)

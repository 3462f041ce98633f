"""`${NAME}` in a channel's strings, and the CI's own credentials that no channel gets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.checks import Check
from tocsin.secrets import MissingVariable, literals, names, resolve
from tocsin.wrong import InvalidValueError


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("no variable: $NAME {NAME} $(NAME) $", []),
        ("${A}", ["A"]),
        ("${a_1}-${_B}${A}", ["a_1", "_B", "A"]),
        ("${A} and again ${A}", ["A", "A"]),
        ("$${A} is text, ${B} is not", ["B"]),
        ("$${{ x }}, then ${B}", ["B"]),
        ("$$${A}", []),
        ("$A ${B}", ["B"]),
        (
            "${GITHUB_TOKENS} ${MY_CI_JOB_TOKEN} ${ci_job_token} ${XACTIONS_X}",
            ["GITHUB_TOKENS", "MY_CI_JOB_TOKEN", "ci_job_token", "XACTIONS_X"],
        ),
    ],
)
def test_the_variables_of_a_text(text: str, found: list[str]):
    assert names(text) == found


@pytest.mark.parametrize("text", ["${", "a ${} b", "${1A}", "${A", "${A-B}", "${ A }", "${A b}", "$${ok} ${", "${É}"])
def test_what_begins_no_name_is_an_error_that_says_what_to_write(text: str):
    words = r"^\$\{ does not begin a variable's name: write \$\{NAME\}, or \$\$\{ for a literal \$\{$"
    with pytest.raises(InvalidValueError, match=words) as raised:
        names(text)
    assert raised.value.check is Check.INVALID_REFERENCE


@pytest.mark.parametrize("text", ["${{ secrets.A }}", "x ${{A}}", "${A} ${{", "$${A} ${{ A }}"])
def test_an_expression_of_the_ci_is_an_error_that_says_what_to_do(text: str):
    with pytest.raises(
        InvalidValueError, match=r"^CI expressions \(\$\{\{ … \}\}\) are not evaluated here: .* write \$\{NAME\}$"
    ) as raised:
        names(text)
    assert raised.value.check is Check.INVALID_REFERENCE


# One name and more of each kind that is refused, from the vendors' lists of variables:
# https://docs.github.com/en/actions/security-guides/automatic-token-authentication
# https://docs.gitlab.com/ci/variables/predefined_variables/
OWN = (
    "GITHUB_TOKEN", "GH_TOKEN", "ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_", "CI_JOB_TOKEN",
    "CI_JOB_JWT", "CI_JOB_JWT_V1", "CI_JOB_JWT_V2", "CI_REGISTRY_PASSWORD", "CI_DEPLOY_PASSWORD", "CI_DEPENDENCY_PROXY_PASSWORD",
    "CI_BUILD_TOKEN", "CI_RUNNER_TOKEN", "CI_REPOSITORY_URL", "INPUT_TOKEN", "JENKINS_API_TOKEN", "JENKINS_ADMIN_TOKEN",
    "GITLAB_TOKEN", "TOCSIN_GITLAB_TOKEN",
)  # fmt: skip


@pytest.mark.parametrize("name", OWN)
def test_the_ci_s_own_credentials_go_to_no_channel(name: str):
    for text in (f"${{{name}}}", f"Bearer ${{{name}}}", f"${{A}}${{{name}}}"):
        words = f"^{name} is the CI's own credential and is never sent to a channel: use a secret made"
        with pytest.raises(InvalidValueError, match=words) as raised:
            names(text)
        assert raised.value.check is Check.FORBIDDEN_VARIABLE
        with pytest.raises(ValueError, match="own credential"):
            resolve(text, {name: "value", "A": "value"})
    assert names(f"$${{{name}}}") == []


@pytest.mark.parametrize(
    "name", ["CI_PASSWORD", "CI_TOKEN", "JENKINS_TOKEN", "GITHUB_TOKEN_X", "MY_GITLAB_TOKEN", "SLACK_TOKEN", "github_token"]
)
def test_other_tokens_are_a_channel_s(name: str):
    assert names(f"${{{name}}}") == [name]


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        ("", ""),
        ("plain $ {A}", "plain $ {A}"),
        ("${A}", "one"),
        ("<${A}|${B}|${A}>", "<one|two|one>"),
        ("$${A}", "${A}"),
        ("$${A} ${A}", "${A} one"),
        ("$$${A}", "$${A}"),
        ("${RENDERED}", "${A} $${B} ${{ x }} {{ app }}"),
        ("[${LINES}]", "[a\nb]"),
        ("[${SPACED}]", "[ a ]"),
        ("[${LAST}]", "[a]"),
    ],
)
def test_a_value_is_put_in_as_it_is_but_for_line_breaks_at_its_end(text: str, resolved: str):
    env = {"A": "one", "B": "two", "RENDERED": "${A} $${B} ${{ x }} {{ app }}", "LINES": "a\nb\r\n\n", "SPACED": " a ", "LAST": "a\r"}
    assert resolve(text, env) == resolved


def test_all_that_is_missing_is_named_once_in_order():
    with pytest.raises(MissingVariable) as raised:
        resolve("${Z} ${SET} ${EMPTY} ${Z} ${A} ${BREAKS}", {"SET": "x", "EMPTY": "", "BREAKS": "\r\n\n"})
    assert raised.value.names == ("Z", "EMPTY", "A", "BREAKS")
    assert raised.value.reason == "variables Z, EMPTY, A, BREAKS are not set"
    assert str(raised.value) == "Z, EMPTY, A, BREAKS"


def test_one_that_is_missing_is_named():
    with pytest.raises(MissingVariable) as raised:
        resolve("${A}${A}", {})
    assert raised.value.names == ("A",)
    assert raised.value.reason == "variable A is not set"


@given(st.text(st.sampled_from("${}A_ \n") | st.characters(), max_size=20), st.text(min_size=1).filter(lambda value: value.rstrip("\r\n")))
def test_a_text_without_a_variable_is_what_was_written_and_a_value_stays_what_it_is(text: str, value: str):
    assert resolve(text.replace("${", "$${"), {}) == text
    assert resolve("${A}", {"A": value}) == value.rstrip("\r\n")


@given(st.lists(st.text(st.sampled_from("ab:/ -$"), max_size=4), min_size=1, max_size=4))
def test_what_stands_around_references_is_literal(pieces: list[str]):
    if not any("$" in piece for piece in pieces):
        assert literals("${A}".join(pieces)) == pieces


def test_an_escaped_reference_is_literal_text():
    assert literals("a$${B}c${D}") == ["a${B}c", ""]

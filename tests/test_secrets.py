"""`${NAME}` in a channel's strings, the CI's own credentials that no channel gets, and what is masked in every output."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tocsin.checks import Check
from tocsin.secrets import MASK, MASKED_MIN_CHARS, MissingVariable, Redactor, forms, keys, long_paths, names, password, resolve
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


SIXTEEN = "0123456789abcdef"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        (f"https://a-host-of-a-long-name.example/{SIXTEEN}", [SIXTEEN]),
        (f"https://h/T0/{SIXTEEN[1:]}/{SIXTEEN}1?sig={SIXTEEN}2&n=1#{SIXTEEN}3", [f"{SIXTEEN}1", f"{SIXTEEN}2", f"{SIXTEEN}3"]),
        (f"/T0/{SIXTEEN}?n={SIXTEEN[1:]}", [SIXTEEN]),
        (SIXTEEN, [SIXTEEN]),
        ("https://a-host-of-a-long-name.example", []),
    ],
)
def test_the_parts_of_an_address_that_are_long_enough_to_be_keys(text: str, found: list[str]):
    assert keys(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        (f"/no/address/{SIXTEEN}", []),
        ("https://a-host-of-a-long-name.example/short", []),
        (f"https://h/a/{SIXTEEN[3:]}", [f"/a/{SIXTEEN[3:]}"]),
        (f"https://h/a/{SIXTEEN[4:]}", []),
        (f"https://h/a/{SIXTEEN}#b#c", [f"/a/{SIXTEEN}"]),
        (f"https://h/a/{SIXTEEN}?b?c=/d", [f"/a/{SIXTEEN}?b?c=/d", f"/a/{SIXTEEN}"]),
        (f"https://h/a?b={SIXTEEN}", [f"/a?b={SIXTEEN}"]),
    ],
)
def test_what_stands_behind_the_host_where_it_is_long(text: str, found: list[str]):
    assert long_paths(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://ada:pa55@h.example/", "pa55"),
        ("https://ada@h.example/", ""),
        ("ada:pa55@h.example", ""),
        ("https://ada:pa55@[h", ""),
        ("", ""),
    ],
)
def test_the_password_of_a_url(text: str, found: str):
    assert password(text) == found


def test_values_are_known_plain_and_percent_encoded_where_that_is_long_enough():
    assert forms(["a b/c=", "abc", "abcd", "é"]) == {"a b/c=", "a%20b%2Fc%3D", "abcd", "%C3%A9"}


def masked(text: str, *secrets: str) -> str:
    redactor = Redactor()
    for secret in secrets:
        redactor.learn(secret)
    return redactor(text)


def known(secret: str) -> set[str]:
    redactor = Redactor()
    redactor.learn(secret)
    return set(redactor.known)


@pytest.mark.parametrize(
    ("text", "secrets", "shown"),
    [
        ("nothing is known: s3cret", (), "nothing is known: s3cret"),
        ("s3cret, s3cret!", ("s3cret",), "***, ***!"),
        ("S3CRET", ("s3cret",), "S3CRET"),
        ("abcd abcdef", ("abcd", "abcdef"), "*** ***"),
        ("abcd abcdef", ("abcdef", "abcd"), "*** ***"),
        ("key=a%20b%2Fc%3D", ("a b/c=",), "key=***"),
        ("a b/c=", ("a b/c=",), "***"),
        ("p%40ss%C3%A9", ("p@ssé",), "***"),
    ],
)
def test_a_secret_is_masked_whole_and_percent_encoded(text: str, secrets: tuple[str, ...], shown: str):
    assert masked(text, *secrets) == shown


def test_a_longer_secret_is_masked_before_one_that_it_begins_with():
    """Else the rest of the long one would stand there, whatever order a set has."""
    parts = [f"hunter{'2' * more}" for more in range(20)]
    assert masked("|".join(reversed(parts)), *parts) == "|".join([MASK] * 20)


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("https://hooks.example.com/services/T0/B0", {"/services/T0/B0", "/services/T0/B0?"}),
        ("https://hooks.example.com/in?sig=k3y", {"/in?sig=k3y", "sig=k3y"}),
        ("https://ada:pa55@hooks.example.com", {"pa55"}),
        ("https://ada:pa55@hooks.example.com/p4th?sig=k3y", {"pa55", "/p4th", "/p4th?sig=k3y", "sig=k3y"}),
        ("https://hooks.example.com/a?b", {"/a?b"}),
        ("https://[broken/s3cret", set()),
        ("smtp://mail.example.com", set()),
        ("no/url?at=all", set()),
        ("mailto:pa55@example.com", set()),
    ],
)
def test_the_path_the_query_and_the_password_of_a_url_are_secrets(url: str, parts: set[str]):
    assert known(url) == parts | {url, quote(url, safe="")}
    for part in parts:
        assert masked(f"<{part}>", url) == f"<{MASK}>"


def test_what_is_shorter_than_four_characters_is_not_masked():
    assert MASKED_MIN_CHARS == 4
    assert masked("abc", "abc") == "abc"
    assert masked("abcd", "abcd") == MASK
    assert masked("x=a b; x=a%20b", "a b") == f"x=a b; x={MASK}"
    assert known("") == set()
    assert known("https://h/abc?x") == {"https://h/abc?x", quote("https://h/abc?x", safe=""), "/abc", "/abc?x"}


def test_what_was_learned_first_stays():
    redactor = Redactor()
    redactor.learn("first secret")
    redactor.learn("second secret")
    assert redactor("first secret, second secret") == f"{MASK}, {MASK}"
    assert isinstance(redactor.known, frozenset)


# Characters that URLs and percent-encoding treat in their own ways; `*` is the mask's own.
VALUE = st.text(st.sampled_from("ab:/?#@%&=+ .é*"), min_size=1, max_size=12) | st.text(min_size=1, max_size=12)
URL = st.builds(lambda user, path, query: f"https://u:{quote(user)}@h.example/{quote(path)}?{quote(query)}", VALUE, VALUE, VALUE)
# A secret of stars is what the mask looks like, and part of no other.
SECRETS = st.lists(VALUE | URL, max_size=5).map(lambda values: [value for value in values if value.strip("*")])


@given(SECRETS, st.data())
@example(["abcd", "abcdef"], None)
def test_no_output_holds_a_secret_in_any_of_its_forms(secrets: list[str], data: st.DataObject | None):
    redactor = Redactor()
    for secret in secrets:
        redactor.learn(secret)
    known = sorted(redactor.known)
    pieces = st.sampled_from([*known, " ", "a", "/", "abc"])
    parts = data.draw(st.lists(pieces, max_size=8)) if data else ["abcdef", "abcd"]
    shown = redactor("".join(parts))
    # With a star in it a secret can come about anew at the edge of a mask.
    assert [form for form in known if form in shown and "*" not in form] == []


@given(SECRETS, st.text(st.sampled_from("ab:/?#@%&=+ é"), max_size=40))
def test_masking_twice_is_masking_once(secrets: list[str], text: str):
    plain = [secret for secret in secrets if "*" not in secret]
    redactor = Redactor()
    for secret in plain:
        redactor.learn(secret)
    once = redactor(text + "".join(plain))
    assert redactor(once) == once


@given(st.text(st.sampled_from("${}A_ \n") | st.characters(), max_size=20), st.text(min_size=1).filter(lambda value: value.rstrip("\r\n")))
def test_a_text_without_a_variable_is_what_was_written_and_a_value_stays_what_it_is(text: str, value: str):
    assert resolve(text.replace("${", "$${"), {}) == text
    assert resolve("${A}", {"A": value}) == value.rstrip("\r\n")

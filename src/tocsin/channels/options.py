"""What the options of all channels share, and the types of their fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from tocsin import secrets
from tocsin.address import check_literal, http_url
from tocsin.channels.literals import holds_literal
from tocsin.checks import Check
from tocsin.record import AfterValidator, Field, Record, Where
from tocsin.secrets.other_forms import refuse_other_form
from tocsin.secrets.parts import SHORT_KEY_MIN_CHARS, forms, keys, long_paths, password
from tocsin.wording import OwnWords, Wording, Written, merged
from tocsin.wrong import InvalidValueError

if TYPE_CHECKING:
    from typing_extensions import Self

    from tocsin.verdict import Conversation

WRITTEN_OUT = "is a credential and must not be written into the policy: put it into a secret of the CI and write ${NAME} here"

HOLDS_CREDENTIAL = (
    "holds a credential, which must not be written into the policy: put it into a secret of the CI and write ${NAME} in its place"
)


def _references(text: str) -> str:
    refuse_other_form(text)
    secrets.names(text)
    return text


def _plain(text: str) -> str:
    if secrets.names(text):
        raise InvalidValueError("takes no variable: it is read before any value is put in, so write it out", Check.INVALID_REFERENCE)
    return text


def _credential(text: str, where: Where) -> str:
    form: Literal["address", "secret"] = "address" if "url" in (where.field_name or "") else "secret"
    if not secrets.names(text) or holds_literal(text, form):
        raise InvalidValueError(WRITTEN_OUT, Check.CREDENTIAL_WRITTEN_OUT)
    return text


def _literal(text: str) -> str:
    check_literal(text)
    return text


def _url(text: str) -> str:
    if secrets.names(text):
        return _literal(text)
    if not text.lower().startswith(("http://", "https://")):
        raise ValueError("is not an http or https URL")
    if http_url(text).login:
        raise InvalidValueError(
            "holds a user or password, which must not be written into the policy: put the whole URL into a secret and write ${NAME} here",
            Check.CREDENTIAL_WRITTEN_OUT,
        )
    return text


def address(text: str) -> str:
    """`text`, if it is an email address without a display name. Raises ValueError."""
    if not re.fullmatch(r"[^@\s<>\",;:()\[\]\\]+@[^@\s<>\",;:()\[\]\\]+", text):
        if text.startswith("@"):
            raise ValueError("is a mention, and no recipient: name a channel or an email address")
        if re.fullmatch(r"([^@\s]+@[^@\s,;]+ *[,;] *)+[^@\s]+@[^@\s]+", text):
            raise ValueError("is not an email address, but several in one text: write a list of them")
        raise ValueError("is not an email address")
    return text


def formed(pattern: str, problem: str) -> AfterValidator:
    """The check of a text without a `${NAME}` that it has a form; `problem` is said of one that has not."""

    def check(text: str) -> str:
        if "${" not in text and not re.fullmatch(pattern, text):
            raise ValueError(problem)
        return text

    return AfterValidator(check)


Text = Annotated[str, AfterValidator(_references)]
"""A string in which `${NAME}` may stand."""

Plain = Annotated[str, AfterValidator(_plain)]
"""A string that is used as the policy has it."""

Credential = Annotated[str, AfterValidator(_credential)]
"""A secret, or a URL that is one: must hold a `${NAME}`."""

SecretUrl = Annotated[Credential, AfterValidator(_literal)]
"""A URL that is a secret: must hold a `${NAME}`."""

Url = Annotated[str, AfterValidator(_url)]
"""An http or https URL without user info, or one with `${NAME}` in it."""

PLACE = "place"
"""The mark of what says where a channel's messages and its secrets go, beside the URLs: a host, a region, a chat."""

Place = Annotated[str, PLACE]
"""A string with that mark alone."""

Address = Annotated[str, AfterValidator(address)]
"""An email address, without a display name."""


class ChannelOptions(Record):
    """The options every kind of channel has."""

    templates: ClassVar[frozenset[str]] = frozenset({"message", "text"})
    """The fields whose texts are templates, which have a check of their own."""

    kind: str
    project: Plain | None = Field(
        default=None, description="Serve only this project; for another or an unknown one the delivery is skipped."
    )
    fallback: Plain | None = Field(
        default=None, description="The channel, or the email address, that gets what this channel cannot deliver."
    )
    message: Wording | None = Field(default=None, description="Own words for this channel's messages; a text alone is their text.")
    text: Written | None = Field(default=None, description="The `text` of `message`, in short.")

    def words(self) -> OwnWords | None:
        """The channel's own words, where it has any."""
        return merged((self.message, OwnWords.model_construct(text=self.text) if self.text else None))

    @classmethod
    def check_given(cls, name: str, value: Any) -> Any:
        """Look for variables in the form of another tool first of all: what they stand for is nothing to judge."""
        if isinstance(value, str) and name not in cls.templates:
            refuse_other_form(value)
        return value

    @classmethod
    def check_field(cls, name: str, value: Any, earlier: Mapping[str, Any]) -> Any:
        """Look at the `${` of every field, whatever its type: `resolved` meets them all."""
        del earlier
        if name not in cls.templates:
            for text in secrets.texts(value):
                _references(text)
            for key in _keys(value):
                if "${" in key:
                    raise InvalidValueError("has a ${ in a name, where no variable is put in", Check.INVALID_REFERENCE)
        return value

    def resolved(self, env: Mapping[str, str]) -> Self:
        """The options with every `${NAME}` replaced.

        Raises secrets.MissingVariable with the names of all that cannot be put in.
        """
        missing: list[str] = []
        values = {
            name: secrets.resolve_all(value, env, missing) for name, value in self if secrets.texts(value) and name not in self.templates
        }
        if missing:
            raise secrets.MissingVariable(missing, env)
        return self.model_copy(update=values)

    def variables(self) -> list[str]:
        """The names of the variables that the options refer to."""
        return [name for key, value in self if key not in self.templates for text in secrets.texts(value) for name in secrets.names(text)]

    def places(self) -> list[str]:
        """The names of the variables that say where the channel's messages and its secrets go."""
        texts = [text for kind in (SecretUrl, Url, Place) for text in self._marked(kind)]
        return list(dict.fromkeys(name for text in texts for name in secrets.names(text)))

    def conversation_used(self, asked: Conversation | None = None) -> Conversation:
        """What becomes of the run's further messages, where a rule asks so: `new` where the channel cannot find its messages again."""
        del asked
        return "new"

    def has_machine_credentials(self) -> bool:
        """Whether the channel logs in by what the machine gives, beside what the policy names."""
        return False

    def credentials(self, env: Mapping[str, str]) -> frozenset[str]:
        """What of the variables' values is secret, in the forms it may be shown in: whole, percent-encoded, and a URL's parts.

        Whole where a credential is declared, and its path where it is an address; of another address its password and what is long
        enough to be a key. A value that only configures the channel (a region, a sender, a plain path) is not among them.
        A variable that is missing gives nothing.
        """
        declared, addresses = _values(self._declared(), env), _values(self._marked(Url), env)
        parts = [part for value in (*declared, *addresses) for part in (password(value), *keys(value))]
        return forms((*declared, *parts, *(path for value in declared for path in long_paths(value))))

    def secrets(self, env: Mapping[str, str]) -> list[str]:
        """The variables' values that no output may show: of all but those that only configure the channel (a region, a login's name).

        What is not declared a credential and still sent (a header, a part of the payload) counts where it is long enough to be one.
        """
        sent = [value for value in _values(self._sent(), env) if len(value) >= SHORT_KEY_MIN_CHARS]
        return [*_values(self._declared(), env), *_values(map(_behind_host, self._marked(Url)), env), *sent]

    def _declared(self) -> Iterator[str]:
        """The texts that the policy declares to be credentials."""
        yield from self._marked(Credential)

    def _sent(self) -> Iterator[str]:
        """The other texts that go out to the service as they are."""
        yield from ()

    def _marked(self, kind: Any) -> Iterator[str]:
        for name in keys_of(type(self), kind):
            yield from secrets.texts(getattr(self, name))


def keys_of(options: type[ChannelOptions], kind: Any) -> list[str]:
    """The fields of a channel's options that are of a kind: `Credential`, `Url`; of one that is made of others, by its last mark."""
    mark = kind.__metadata__[-1]
    fields = options.model_fields
    return [name for name, field in fields.items() if mark in field.metadata or mark in _marks(field.annotation)]


def _marks(annotation: Any) -> Iterator[Any]:
    """What an annotation and its parts are marked with."""
    yield from getattr(annotation, "__metadata__", ())
    for part in getattr(annotation, "__args__", ()):
        yield from _marks(part)


def _values(texts: Iterable[str], env: Mapping[str, str]) -> list[str]:
    """The values of the variables that are set, of those that texts refer to."""
    found = (secrets.value(name, env).strip() for text in texts for name in secrets.names(text))
    return list(dict.fromkeys(filter(None, found)))


def _behind_host(url: str) -> str:
    """A URL without the references that name its host, which is no secret; the whole where a login or all of it is one."""
    _, scheme, rest = url.partition("://")
    host = re.split("[/?#]", rest)[0]
    return rest[len(host) :] if scheme and "@" not in host else url


def _keys(value: Any) -> Iterator[str]:
    """The keys of all mappings in a value."""
    if isinstance(value, dict):
        yield from (key for key in value if isinstance(key, str))
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ():
        yield from _keys(item)

"""What can be wrong with a policy: every kind of it, by an id that stays the same from version to version."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self


_CAPITALS = {"yaml": "YAML"}


class Check(Enum):
    """A kind of problem: its value is its id, in kebab-case, `meaning` says in one line what it finds."""

    meaning: str

    def __new__(cls, id: str, meaning: str) -> Self:  # noqa: A002  what it is called everywhere
        """A member whose value is the id alone."""
        check = object.__new__(cls)
        check._value_ = id
        check.meaning = meaning
        return check

    @property
    def title(self) -> str:
        """The id as a heading: "Unknown key"."""
        words = " ".join(_CAPITALS.get(word, word) for word in self.value.split("-"))
        return words[0].upper() + words[1:]

    # The file.
    POLICY_FILE = "policy-file", "The policy's file is missing, is one of several, or cannot be read."
    NOT_TEXT = "not-text", "A file is not text in UTF-8, or is too large."
    INVALID_YAML = "invalid-yaml", "The file is not YAML, or uses a part of YAML that a policy may not use."
    TOO_LARGE = "too-large", "Values are nested too deeply, aliases come to too much, or a number has too many digits."
    EMPTY_POLICY = "empty-policy", "The policy's file holds nothing."
    DUPLICATE_KEY = "duplicate-key", "A mapping has the same key twice."

    # Its structure.
    UNKNOWN_KEY = "unknown-key", "A key has no meaning where it is written."
    MISSING_KEY = "missing-key", "A key that is required is not there."
    EMPTY_VALUE = "empty-value", "A key has no value, an empty text or an empty list."
    WRONG_TYPE = "wrong-type", "A value is of another type than its key takes: a text for a list, a mapping for a number."
    INVALID_VALUE = "invalid-value", "A value is of the right type, and still none that its key takes."
    UNKNOWN_EVENT = "unknown-event", "A rule names an event that does not exist."
    UNKNOWN_WORD = "unknown-word", "A value is none of the few words that its key takes, such as a tier."
    UNKNOWN_ZONE = "unknown-zone", "A mute names a time zone that does not exist, or this machine has no time zones."
    UNKNOWN_CHANNEL_KIND = "unknown-channel-kind", "A channel is of a kind that does not exist."
    INVALID_CHANNEL_NAME = "invalid-channel-name", "A channel's name is empty, or looks like an email address."

    # What its parts say of each other.
    NO_NOTIFICATIONS = "no-notifications", "The policy has no rule, so that nothing is ever sent."
    DUPLICATE_RULE_NAME = "duplicate-rule-name", "Two rules have the same name."
    DUPLICATE_DEFAULT = "duplicate-default", "Two email channels are the default one."
    UNKNOWN_CHANNEL = "unknown-channel", "A rule names a channel that the policy does not have."
    UNREACHABLE_CHANNEL = "unreachable-channel", "A rule names a channel of a project that none of its pipelines is of."
    UNKNOWN_PERSON = "unknown-person", "A rule mentions somebody whom people does not have."
    PERSON_NAME = "person-name", "The name of a person is a word that mention takes for another, or has a sign that no mention may have."
    MISSING_ADDRESS = "missing-address", "A rule sends to an email channel and names no address."
    NO_EMAIL_CHANNEL = "no-email-channel", "A rule names an address, and no email channel can take it."
    AMBIGUOUS_RECIPIENT = (
        "ambiguous-recipient",
        "A recipient has both a channel and an address, neither, or a key that belongs to the other.",
    )
    FALLBACK_CIRCLE = "fallback-circle", "A channel is its own fallback, or the fallbacks of several lead in a circle."
    MATCHES_NOTHING = "matches-nothing", "A selector can never match: it excludes what it names, or names two types of ref."
    EXCLUDES_NOTHING = "excludes-nothing", "A lone exclamation mark excludes nothing."

    # What is valid, and can never work.
    FULL_REF_NAME = "full-ref-name", "A selector names a ref by its full name, such as refs/heads/main, which no run has."
    IMPOSSIBLE_REF = "impossible-ref", "A selector's value is none that git takes as the name of a branch or a tag."
    FOREIGN_PATTERN = "foreign-pattern", "A selector's value is a regular expression, or has braces: values are shell globs."
    FOREIGN_NEGATION = "foreign-negation", "A selector's value excludes in the form of another tool, such as not main."
    LIST_AS_TEXT = "list-as-text", "A selector's value is several in one text."
    NOT_REPLACED = "not-replaced", "A selector or a setting holds a variable, or a selector a template: nothing is put in there."
    NULL_AS_TEXT = "null-as-text", "A selector's value is the word null, which stands for nothing here."
    UNKNOWN_SOURCE = "unknown-source", "A selector names a source that no CI sends."
    OWNER_IN_APP = "owner-in-app", "A selector names an app with its owner; the app is the repository's name alone."
    PATH_OF_PIPELINE = "path-of-pipeline", "A selector names a pipeline by the path of its file."
    NEARLY_NAMED = "nearly-named", "An environment, project or cluster is named once, and nearly as another one."
    UNKNOWN_REGION = "unknown-region", "A channel names an AWS region that does not exist."
    UNUSED_CHANNEL = "unused-channel", "No rule sends to a channel."
    RULES_ALIKE = "rules-alike", "Two rules send the same to the same."
    USELESS_RULE = "useless-rule", "A rule sends nothing that another rule does not send already."

    # Its bases.
    BASE_PATH = "base-path", "What names a base is none of the forms there are, or leads out of where it may lead."
    BASE_MISSING = "base-missing", "A base that is a file of the repository is not there, or cannot be read."
    BASE_NOT_VENDORED = "base-not-vendored", "The text of a base from elsewhere is not in .tocsin/bases: tocsin update fetches it."
    BASE_DIGEST = "base-digest", "The text of a base is not the one whose digest .tocsin/lock or the policy has."
    BASE_LOCK_FILE = "base-lock-file", "The file .tocsin/lock cannot be read."
    BASE_LOOP = "base-loop", "Bases extend each other in a circle, over more than ten levels, or there are more than twenty."
    BASE_LOCKED = "base-locked", "A policy changes what one of its bases has locked."
    BASE_PART = "base-part", "The key without or locked names what no base has."
    UNUSED_BASE = "unused-base", "The file .tocsin/lock has a base that the policy does not extend any more."

    # What its texts hold.
    CREDENTIAL_WRITTEN_OUT = "credential-written-out", "A secret is written into the policy; it belongs into a variable of the CI."
    FORBIDDEN_VARIABLE = "forbidden-variable", "A channel refers to a credential of the CI itself."
    INVALID_REFERENCE = "invalid-reference", "A reference to a variable is malformed, or is an expression of the CI."
    INVALID_HEADER = "invalid-header", "A header's name or value is not allowed, or tocsin sets that header itself."
    INVALID_TEMPLATE = "invalid-template", "A template does not compile, names what does not exist, or fails on a sample event."
    INVALID_PAYLOAD = "invalid-payload", "A payload is not JSON, or is too large."
    ODD_PAYLOAD = "odd-payload", "A payload can be sent, and probably is not what was meant."
    PAYLOAD_FILE = "payload-file", "The file of a payload is missing, cannot be read, or is outside the repository."

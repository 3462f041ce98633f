"""The SES client: boto3's, but for the way its requests go out, and what SES's answers mean.

Loaded when the first mail goes out by SES, and not before: boto3 takes as long to import as all the rest.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore import exceptions
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.loaders import Loader
from botocore.parsers import ResponseParserError

from tocsin.channels.ses_hosts import limit
from tocsin.checkout import checkouts_of, is_within
from tocsin.http import Response, Transport, retry_after
from tocsin.text import clean
from tocsin.verdict import Delivered, Failed, Retry, Verdict

if TYPE_CHECKING:
    from mypy_boto3_sesv2.client import SESV2Client

    from tocsin.channels.mime import Parcel
    from tocsin.channels.ses_options import Options

METADATA_TIMEOUT_SECONDS = 1  # for each of the few questions at an EC2 instance's own address, which elsewhere nobody answers
CONFIG: dict[str, Any] = {"retries": {"total_max_attempts": 1, "mode": "standard"}, "ignore_configured_endpoint_urls": True}
FILES = {
    "config_file": ("AWS_CONFIG_FILE", "~/.aws/config"),
    "credentials_file": ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
}
OF_OLD = ("boto-config", "ec2-credentials-file")  # providers of credentials that read files whose names nobody expects
NO_FILE = (None, None, None, None)  # botocore's session variable: in no file, no environment variable, no default, no conversion

BUSY = frozenset({"TooManyRequestsException", "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled",
                  "RequestThrottledException", "RequestTimeout", "RequestTimeoutException", "ServiceUnavailable"})  # fmt: skip
UNSIGNED = frozenset({"SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature", "IncompleteSignatureException",
                      "AuthFailure", "MissingAuthenticationToken", "MissingAuthenticationTokenException"})  # fmt: skip
UNCERTAIN = "the mail was sent: it may have been delivered"
DAILY_QUOTA = ("daily message quota exceeded", "daily sending quota exceeded")  # a ThrottlingException that a pause of minutes does not end


class Sender:
    """A client and the attempt that uses it: `transport` changes with each."""

    def __init__(self, options: Options, transport: Transport) -> None:
        self.transport = transport
        core = _session(options)
        limit(core, transport.network)
        core.register("before-send", self._carry)
        self.client: SESV2Client = boto3.session.Session(
            aws_access_key_id=options.access_key_id,
            aws_secret_access_key=options.secret_access_key,
            aws_session_token=options.session_token,
            region_name=options.region,
            botocore_session=core,
        ).client(
            "sesv2",
            endpoint_url=options.endpoint_url,
            config=Config(**CONFIG),
        )

    def _carry(self, **event: Any) -> Any:
        """Send a signed request, of SES or of the service that gives credentials, in place of botocore. Raises NoAnswer."""
        request: AWSPreparedRequest = event["request"]
        headers = {str(name): _text(value) for name, value in request.headers.items()}
        body: Any = request.body or b""
        mail = event["event_name"].startswith("before-send.sesv2.")
        commit = partial(self.transport.commit, UNCERTAIN) if mail else self.transport.open
        body = body.encode() if isinstance(body, str) else body
        answer = self.transport.request(request.method, request.url, body, headers, commit=commit)
        answered: Any = dict(answer.headers)
        text = _texts(answer) if mail else answer.text
        return AWSResponse(request.url, answer.status, answered, _Body(text.encode()))


class _Body(io.BytesIO):
    """An answer's body as botocore reads it."""

    def stream(self) -> Iterator[bytes]:
        """All of it."""
        yield self.read()


def _texts(answer: Response) -> str:
    """An answer of SES as a JSON object of texts: it is no more than that, and over other JSON botocore stumbles."""
    value = answer.json()
    fields = value if isinstance(value, dict) else {"message": answer.text}
    return json.dumps({name: text for name, text in fields.items() if isinstance(text, str)})


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _session(options: Options) -> botocore.session.Session:
    """boto3's own places for credentials, without what starts a program (credential_process), and without other models of the services.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html. Raises BotoCoreError.
    """
    core = botocore.session.Session(session_vars=_variables(options))
    core.set_config_variable("metadata_service_timeout", METADATA_TIMEOUT_SECONDS)
    core.set_config_variable("metadata_service_num_attempts", 1)
    core.set_config_variable("region", options.region)  # the service that gives credentials is asked in it, too
    core.register_component("data_loader", Loader([Loader.BUILTIN_DATA_PATH], include_default_search_paths=False))
    if not options.access_key_id:
        for profile in core.full_config["profiles"].values():
            profile.pop("credential_process", None)
        for provider in OF_OLD:
            core.get_component("credential_provider").remove(provider)
    return core


def _variables(options: Options) -> dict[str, Any]:
    """With keys in the policy, neither files nor profiles count, nor can a broken one do harm. No file of the checkout counts."""
    if options.access_key_id:
        return dict.fromkeys((*FILES, "profile"), NO_FILE)
    return {name: NO_FILE for name, (variable, default) in FILES.items() if _in_checkout(os.environ.get(variable) or default)}


def _in_checkout(name: str) -> bool:
    path = Path(os.path.expanduser(name))  # noqa: PTH111  it raises nothing where there is no home
    try:
        here = Path.cwd()
    except OSError:  # it is gone
        here = Path(os.path.expanduser("~"))  # noqa: PTH111
    return is_within(path, list(checkouts_of(os.environ, here)))


def send(parcel: Parcel, options: Options, transport: Transport) -> Verdict:
    """One SendEmail. Raises NoAnswer."""

    def make(_: ExitStack) -> Sender:
        return Sender(options, transport)

    try:
        sender: Sender = transport.connection.get(make)
        sender.transport = transport
        answer = sender.client.send_email(**_arguments(parcel, options))
    except exceptions.ClientError as error:
        return _refused(error, transport)
    except exceptions.HTTPClientError:
        return Retry("the service that gives AWS credentials cannot be reached")
    except (exceptions.BotoCoreError, ResponseParserError, ValueError) as error:
        return Failed(_unready(error))
    message_id = clean(answer.get("MessageId") or "", 200)
    return Delivered({"message_id": message_id}) if message_id else Failed("the answer has no message id: is endpoint_url that of SES?")


def _arguments(parcel: Parcel, options: Options) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "FromEmailAddress": parcel.sender,
        "Destination": {"ToAddresses": [parcel.recipient]},
        "Content": {"Raw": {"Data": parcel.content}},
    }
    return {**arguments, "ConfigurationSetName": options.configuration_set} if options.configuration_set else arguments


def _refused(error: exceptions.ClientError, transport: Transport) -> Verdict:
    """What SES, or the service that gives credentials, means by an error."""
    code = clean(error.response.get("Error", {}).get("Code", "error"), 80)
    meta = error.response.get("ResponseMetadata", {})
    status = meta.get("HTTPStatusCode", 0)
    reason = f"{error.operation_name} is refused: HTTP {status} {code}{_words(error, transport)}"
    if code in UNSIGNED:
        return Failed(f"{error.operation_name} is refused: HTTP {status} {code}: check the secret access key, and this machine's clock")
    if any(words in reason.lower() for words in DAILY_QUOTA):
        return Failed(f"{reason}; the quota is counted over 24 hours")
    if status == 429 or status >= 500 or code in BUSY:
        return Retry(reason, retry_after(meta.get("HTTPHeaders", {}), transport.clock.time()))
    return Failed(reason)


def _words(error: exceptions.ClientError, transport: Transport) -> str:
    """The service's words. They were masked as JSON, and are once more as text."""
    words = str(error.response.get("Error", {}).get("Message") or "")
    return f": {clean(transport.redact(words), 200)}" if words and "<html" not in words.lower() else ""


def _unready(error: Exception) -> str:
    """Why no request could be made. The exception's own words may hold a path or a key, so only its kind is told."""
    if isinstance(error, (exceptions.NoCredentialsError, exceptions.PartialCredentialsError)):
        return (
            "no AWS credentials: name access_key_id and secret_access_key in the channel, or give this job a role, a profile or "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (no file of the checkout is read, and no credential_process is run)"
        )
    kind = type(error).__name__
    if isinstance(error, (exceptions.ProfileNotFound, exceptions.ConfigParseError)):
        return f"the AWS configuration of this machine cannot be used ({kind}): check AWS_PROFILE and the files in ~/.aws"
    return f"boto3 could not make the request ({kind}): check the channel's region and endpoint_url, and this machine's AWS configuration"

"""Signs tokens as AWS's Python examples do: one JSON object a line in, one a line out.

The clock that botocore signs with is set to the request's X-Amz-Date, so that another signer's token can be compared.
"""

import datetime
import json
import sys
from urllib.parse import urlencode, urlunparse

import botocore.auth
from botocore.credentials import Credentials
from botocore.hooks import HierarchicalEmitter
from botocore.model import ServiceId
from botocore.signers import RequestSigner


class Clock(datetime.datetime):
    instant = None

    @classmethod
    def utcnow(cls):
        return cls.instant

    @classmethod
    def now(cls, tz=None):
        return cls.instant.replace(tzinfo=tz)


class Frozen:
    """Stands in for the datetime module in botocore.auth."""

    datetime = Clock

    def __getattr__(self, name):
        return getattr(datetime, name)


botocore.auth.datetime = Frozen()
if hasattr(botocore.auth, "get_current_datetime"):  # newer botocore asks its own function
    botocore.auth.get_current_datetime = lambda remove_tzinfo=True: Clock.instant


EMITTER = HierarchicalEmitter()  # the signer keeps only a weak reference


def sign(r):
    Clock.instant = datetime.datetime.strptime(r["date"], "%Y%m%dT%H%M%SZ")
    credentials = Credentials(r["access_key"], r["secret_key"], r["session_token"] or None)
    signer = RequestSigner(
        ServiceId(r["service"]), r["region"], r["service"], "v4", credentials, EMITTER
    )
    query = {"Action": "connect", "User": r["user"]}
    if r["serverless"]:
        query["ResourceType"] = "ServerlessCache"
    request = {
        "method": "GET",
        "url": urlunparse(("https", r["name"], "/", "", urlencode(query), "")),
        "body": {},
        "headers": {},
        "context": {},
    }
    url = signer.generate_presigned_url(
        request, operation_name="connect", expires_in=r["expires"], region_name=r["region"]
    )
    return url[len("https://"):]


for line in sys.stdin:
    print(json.dumps({"token": sign(json.loads(line))}), flush=True)

"""Signs tokens with botocore, the way that the documentation of Valkey GLIDE shows.

A line "SIGNER SERVICE NAME USER REGION KIND" in, "> TOKEN" out. The credentials are botocore's own business: here it finds
them in the environment.
"""

import sys
from urllib.parse import ParseResult, urlencode, urlunparse

import botocore.session
from botocore.model import ServiceId
from botocore.signers import RequestSigner

session = botocore.session.get_session()


def token(service, name, user, region, kind):
    signer = RequestSigner(
        ServiceId(service), region, service, "v4", session.get_credentials(), session.get_component("event_emitter")
    )
    query = {"Action": "connect", "User": user}
    if kind == "serverless":
        query["ResourceType"] = "ServerlessCache"
    url = urlunparse(ParseResult("https", name, "/", "", urlencode(query), ""))
    signed = signer.generate_presigned_url(
        {"method": "GET", "url": url, "body": {}, "headers": {}, "context": {}},
        operation_name="connect",
        expires_in=900,
        region_name=region,
    )
    return signed.removeprefix("https://")


for line in sys.stdin:
    signer, *target = line.split()
    if signer != "botocore":
        sys.exit(f"no signer {signer}")
    print(">", token(*target), flush=True)

"""Asks a control plane with botocore: one JSON object a line in, one a line out.

With "pages" it lets botocore's paginator collect the result of all pages, each of that size. What this botocore does not know
of yet is answered with {"unknown": true}.
"""

import json
import sys

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

session = botocore.session.get_session()


def when(t):
    return t.strftime("%Y-%m-%dT%H:%M:%SZ")


def ask(r):
    client = session.create_client(
        r["service"],
        region_name=r["region"],
        endpoint_url=r["endpoint"],
        aws_access_key_id=r["access_key"],
        aws_secret_access_key=r["secret_key"],
        aws_session_token=r["session_token"] or None,
        config=Config(retries={"max_attempts": 0}),
    )
    if not hasattr(client, r["operation"]):
        return {"unknown": True}
    try:
        if r["pages"]:
            pages = client.get_paginator(r["operation"]).paginate(PaginationConfig={"PageSize": r["pages"]}, **r["parameters"])
            answer = pages.build_full_result()
        else:
            answer = getattr(client, r["operation"])(**r["parameters"])
        answer.pop("ResponseMetadata", None)
        return {"answer": answer}
    except ClientError as e:
        return {"code": e.response["Error"]["Code"], "kind": type(e).__name__, "status": e.response["ResponseMetadata"]["HTTPStatusCode"]}


for line in sys.stdin:
    print(json.dumps(ask(json.loads(line)), default=when), flush=True)

"""Signs in to a cache with an IAM token through Valkey GLIDE, and stays signed in.

It is the procedure of GLIDE's documentation, step for step: create a cluster client with the user and a token over TLS, update the password
lazily, update it at once. keep_signed_in goes on with the two updates, which is all that a program needs.

    pip install -r requirements.txt
    python glide_iam.py clustercfg.orders.xxxxxx.euw1.cache.amazonaws.com 6379 --name orders --user app --region eu-west-1

The AWS credentials come from where botocore finds them: the environment, ~/.aws, the instance, the task. NAME is the replication group id, the
serverless cache's name (with --serverless) or the MemoryDB cluster's name (with --service memorydb), never the endpoint.
"""

import argparse
import asyncio
import time
from urllib.parse import urlencode

import botocore.session
from botocore.model import ServiceId
from botocore.signers import RequestSigner
from glide import (
    AdvancedGlideClusterClientConfiguration,
    GlideClusterClient,
    GlideClusterClientConfiguration,
    NodeAddress,
    ServerCredentials,
    TlsAdvancedConfiguration,
)


class TokenSource:
    """Signs tokens for one user of one cache.

    A token lives for 15 minutes, or until the credentials that signed it end, if that is sooner. Signing takes a millisecond and asks nobody,
    so there is no reason to keep one.
    """

    def __init__(self, service, name, user, region, serverless=False):
        self.service, self.name, self.user, self.region = service, name.lower(), user.lower(), region
        self.query = {"Action": "connect", "User": self.user}
        if serverless:
            self.query["ResourceType"] = "ServerlessCache"
        self.session = botocore.session.get_session()

    def token(self):
        credentials = self.session.get_credentials()
        if credentials is None:
            raise RuntimeError("no AWS credentials: set AWS_PROFILE or AWS_ACCESS_KEY_ID, or run where a role gives them")
        signer = RequestSigner(
            ServiceId(self.service), self.region, self.service, "v4", credentials, self.session.get_component("event_emitter")
        )
        url = signer.generate_presigned_url(
            {"method": "GET", "url": f"https://{self.name}/?{urlencode(self.query)}", "body": {}, "headers": {}, "context": {}},
            operation_name="connect",
            expires_in=900,
            region_name=self.region,
        )
        return url.removeprefix("https://")


async def connect(host, port, source, ca_file=None):
    """Returns a client in cluster mode, which every serverless cache and every MemoryDB cluster is in."""
    trust = None
    if ca_file:
        with open(ca_file, "rb") as f:
            trust = TlsAdvancedConfiguration(root_pem_cacerts=f.read())
    return await GlideClusterClient.create(
        GlideClusterClientConfiguration(
            [NodeAddress(host, port)],
            use_tls=True,
            credentials=ServerCredentials(username=source.user, password=source.token()),
            request_timeout=2000,  # the cache asks IAM when a client signs in; GLIDE's 250 ms are short for that
            advanced_config=AdvancedGlideClusterClientConfiguration(connection_timeout=5000, tls_config=trust),
        )
    )


async def keep_signed_in(client, source, refresh=300.0, reauth=6 * 3600.0, retry=5.0):
    """Runs until it is cancelled. All times are in seconds.

    Every `refresh` the client gets a new token for the connections that it will make, so that it never comes back with one that has expired.
    Every `reauth` it signs in again on the connections that it has, which AWS cuts 12 hours after the last time.
    """
    signed_in = time.monotonic()
    while True:
        await asyncio.sleep(refresh)
        immediate = time.monotonic() - signed_in >= reauth
        while True:
            try:
                await client.update_connection_password(source.token(), immediate_auth=immediate)
                break
            except Exception as e:  # the client keeps what it has, so there is time to try again
                print(f"update failed, trying again in {retry} s: {type(e).__name__}", flush=True)
                await asyncio.sleep(retry)
        if immediate:
            signed_in = time.monotonic()


async def main(args):
    source = TokenSource(args.service, args.name, args.user, args.region, args.serverless)
    client = await connect(args.host, args.port, source, args.ca_file)
    try:
        print("signed in:", (await client.ping()).decode(), flush=True)

        await client.update_connection_password(source.token(), immediate_auth=False)
        print("after the lazy update:", (await client.ping()).decode(), flush=True)

        await client.update_connection_password(source.token(), immediate_auth=True)
        print("after the immediate update:", (await client.ping()).decode(), flush=True)

        keeper = asyncio.create_task(keep_signed_in(client, source, args.refresh, args.reauth, retry=min(5, args.refresh)))
        await asyncio.sleep(args.keep)  # here the program does its work
        keeper.cancel()
        print("at the end:", (await client.ping()).decode(), flush=True)
    finally:
        await client.close()


def arguments():
    parser = argparse.ArgumentParser(description="Stay signed in to a cache with IAM through Valkey GLIDE.")
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--name", required=True)
    parser.add_argument("--user", required=True)
    parser.add_argument("--region", required=True)
    parser.add_argument("--service", choices=["elasticache", "memorydb"], default="elasticache")
    parser.add_argument("--serverless", action="store_true")
    parser.add_argument("--ca-file", help="PEM file of the roots to trust; default the system's")
    parser.add_argument("--keep", type=float, default=60, help="how long to stay, in seconds")
    parser.add_argument("--refresh", type=float, default=300, help="seconds between lazy updates")
    parser.add_argument("--reauth", type=float, default=6 * 3600, help="seconds between immediate updates")
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main(arguments()))

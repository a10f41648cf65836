"""Connects with Valkey GLIDE's own IAM mode, in which the client signs.

A line "MODE SERVICE NAME USER REGION PORT CA_FILE" in, "> PONG" or "> " and the error out. GLIDE's own log goes there too.
"""

import asyncio
import sys

from glide import (
    AdvancedGlideClientConfiguration,
    AdvancedGlideClusterClientConfiguration,
    GlideClient,
    GlideClientConfiguration,
    GlideClusterClient,
    GlideClusterClientConfiguration,
    IamAuthConfig,
    NodeAddress,
    ServerCredentials,
    ServiceType,
    TlsAdvancedConfiguration,
)

KINDS = {
    "cluster": (GlideClusterClient, GlideClusterClientConfiguration, AdvancedGlideClusterClientConfiguration),
    "standalone": (GlideClient, GlideClientConfiguration, AdvancedGlideClientConfiguration),
}
SERVICES = {"elasticache": ServiceType.ELASTICACHE, "memorydb": ServiceType.MEMORYDB}


async def ping(mode, service, name, user, region, port, ca_file):
    client_type, configuration, advanced = KINDS[mode]
    with open(ca_file, "rb") as f:
        trust = TlsAdvancedConfiguration(root_pem_cacerts=f.read())
    client = await client_type.create(
        configuration(
            [NodeAddress("localhost", int(port))],
            use_tls=True,
            credentials=ServerCredentials(username=user, iam_config=IamAuthConfig(name, SERVICES[service], region)),
            request_timeout=5000,
            advanced_config=advanced(connection_timeout=5000, tls_config=trust),
        )
    )
    try:
        return (await client.ping()).decode()
    finally:
        await client.close()


async def main():
    for line in sys.stdin:
        try:
            answer = await ping(*line.split())
        except Exception as e:  # whatever it is, it is the line's answer
            answer = f"{type(e).__name__}: {e}"
        print(">", *answer.split(), flush=True)


asyncio.run(main())

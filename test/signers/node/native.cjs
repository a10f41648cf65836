// Connects with Valkey GLIDE's own IAM mode, in which the client signs.
// A line "MODE SERVICE NAME USER REGION PORT CA_FILE" in, "> PONG" or "> " and the error out. GLIDE's own log
// goes there too.
"use strict";

const { readFileSync } = require("node:fs");
const { createInterface } = require("node:readline");
const { GlideClient, GlideClusterClient, ServiceType } = require("@valkey/valkey-glide");

const kinds = { cluster: GlideClusterClient, standalone: GlideClient };
const services = { elasticache: ServiceType.Elasticache, memorydb: ServiceType.MemoryDB };

async function ping(mode, service, name, user, region, port, caFile) {
  const client = await kinds[mode].createClient({
    addresses: [{ host: "localhost", port: Number(port) }],
    useTLS: true,
    credentials: { username: user, iamConfig: { clusterName: name, service: services[service], region } },
    requestTimeout: 5000,
    advancedConfiguration: {
      connectionTimeout: 5000,
      tlsAdvancedConfiguration: { rootCertificates: readFileSync(caFile) },
    },
  });
  try {
    return String(await client.ping());
  } finally {
    client.close();
  }
}

async function main() {
  for await (const line of createInterface({ input: process.stdin })) {
    const answer = await ping(...line.split(" ")).catch((e) => `${e.name}: ${e.message}`);
    console.log(`> ${answer.replace(/\s+/g, " ")}`);
  }
}

main();

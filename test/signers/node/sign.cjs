// Signs tokens with the AWS SDK for JavaScript, version 3. A line "SIGNER SERVICE NAME USER REGION KIND" in, "> TOKEN" out.
"use strict";

const { createInterface } = require("node:readline");
const { Sha256 } = require("@aws-crypto/sha256-js");
const { fromEnv } = require("@aws-sdk/credential-provider-env");
const { HttpRequest } = require("@smithy/protocol-http");
const { SignatureV4 } = require("@smithy/signature-v4");

async function token(service, name, user, region, kind) {
  const signer = new SignatureV4({ service, region, credentials: fromEnv(), sha256: Sha256 });
  const query = { Action: "connect", User: user };
  if (kind === "serverless") query.ResourceType = "ServerlessCache";
  const request = new HttpRequest({ protocol: "https:", hostname: name, path: "/", headers: { host: name }, query });
  const signed = await signer.presign(request, { expiresIn: 900 });
  const pairs = Object.entries(signed.query).map((pair) => pair.map(encodeURIComponent).join("="));
  return `${name}/?${pairs.join("&")}`;
}

async function main() {
  for await (const line of createInterface({ input: process.stdin })) {
    const [signer, ...target] = line.split(" ");
    if (signer !== "javascript-v3") throw new Error(`no signer ${signer}`);
    console.log(`> ${await token(...target)}`);
  }
}

main();

// Valkey GLIDE.
'use strict'
const { Batch, GlideClient, GlideClientConfiguration, ProtocolVersion, Script } = require('@valkey/valkey-glide')
const { host, port, username, password, protocol, versionOf } = require('./book')
const { play } = require('./scene')

class Adapter {
  constructor(client) { this.client = client }
  set(k, v) { return this.client.set(k, v) }
  get(k) { return this.client.get(k) }
  incr(k) { return this.client.incr(k) }
  publish(channel, m) { return this.client.publish(m, channel) }
  rpush(k, v) { return this.client.rpush(k, [v]) }
  blpop(k, seconds) { return this.client.blpop([k], seconds) }
  close() { return this.client.close() }

  pipeline(k, times) {
    const batch = new Batch(false)
    for (let i = 0; i < times; i++) batch.incr(k)
    return this.client.exec(batch, true)
  }

  multi(k, copy, v) { return this.client.exec(new Batch(true).incr(k).set(copy, v).get(copy), true) }

  lua(script, k, arg) {
    this.script ??= new Script(script)
    return this.client.invokeScript(this.script, { keys: [k], args: [arg] })
  }

  async scan(match) {
    const found = []
    let cursor = '0'
    do {
      const [next, keys] = await this.client.scan(cursor, { match, count: 10 })
      cursor = String(next)
      found.push(...keys.map(String))
    } while (cursor !== '0')
    return found
  }

  // The subscription is part of the connection.
  async subscribe(channel, received) {
    const next = () => this.client.getPubSubMessage().then(m => { received(String(m.message)); return next() })
    next().catch(() => {}) // the end of the client
  }
}

// connect subscribes to the channel, if there is one, which wants RESP3.
async function connect(_, channel) {
  const { Exact } = GlideClientConfiguration.PubSubChannelModes
  return new Adapter(await GlideClient.createClient({
    addresses: [{ host, port }], requestTimeout: 20000,
    ...(password && { credentials: { username, password } }),
    ...(protocol && !channel && { protocol: protocol === 2 ? ProtocolVersion.RESP2 : ProtocolVersion.RESP3 }),
    ...(channel && { pubsubSubscriptions: { channelsAndPatterns: { [Exact]: new Set([channel]) } } }),
  }))
}

play('GLIDE for Node', versionOf('@valkey/valkey-glide'), connect)

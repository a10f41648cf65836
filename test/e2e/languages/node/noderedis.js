// node-redis.
'use strict'
const { createClient, defineScript } = require('redis')
const { host, port, username, password, protocol, versionOf } = require('./book')
const { play } = require('./scene')

class Adapter {
  constructor(failed) {
    this.client = createClient({ socket: { host, port }, username, password, ...(protocol && { RESP: protocol }) })
    this.client.on('error', failed)
  }
  set(k, v) { return this.client.set(k, v) }
  get(k) { return this.client.get(k) }
  incr(k) { return this.client.incr(k) }
  publish(channel, m) { return this.client.publish(channel, m) }
  rpush(k, v) { return this.client.rPush(k, v) }
  close() { return this.client.close() }
  subscribe(channel, received) { return this.client.subscribe(channel, received) }
  lua(script, k, arg) { return this.client.eval(script, { keys: [k], arguments: [arg] }) }
  multi(k, copy, v) { return this.client.multi().incr(k).set(copy, v).get(copy).exec() }

  // Commands of one turn of the event loop are sent at once.
  pipeline(k, times) { return Promise.all(Array.from({ length: times }, () => this.client.incr(k))) }

  async blpop(k, seconds) {
    const got = await this.client.blPop(k, seconds)
    return got && [got.key, got.element]
  }

  async scan(match) {
    const found = []
    for await (const keys of this.client.scanIterator({ MATCH: match, COUNT: 10 })) found.push(...keys)
    return found
  }
}

play('node-redis', versionOf('redis'), async failed => {
  const a = new Adapter(failed)
  await a.client.connect()
  return a
})

// ioredis and iovalkey, whose interface is the same: node ioredis.js ioredis|iovalkey
'use strict'
const { host, port, username, password, versionOf } = require('./book')
const { play } = require('./scene')

const name = process.argv[2]
const { default: Redis } = require(name)

// replies takes the values out of [error, value] pairs.
const replies = pairs => pairs.map(([err, value]) => { if (err) throw err; return value })

class Adapter {
  constructor(failed) {
    this.client = new Redis({ host, port, username, password })
    this.client.on('error', failed)
  }
  set(k, v) { return this.client.set(k, v) }
  get(k) { return this.client.get(k) }
  incr(k) { return this.client.incr(k) }
  publish(channel, m) { return this.client.publish(channel, m) }
  rpush(k, v) { return this.client.rpush(k, v) }
  blpop(k, seconds) { return this.client.blpop(k, seconds) }
  close() { return this.client.quit() }

  async pipeline(k, times) {
    const p = this.client.pipeline()
    for (let i = 0; i < times; i++) p.incr(k)
    return replies(await p.exec())
  }

  async multi(k, copy, v) { return replies(await this.client.multi().incr(k).set(copy, v).get(copy).exec()) }

  lua(script, k, arg) {
    if (!this.client.note) this.client.defineCommand('note', { numberOfKeys: 1, lua: script })
    return this.client.note(k, arg)
  }

  async scan(match) {
    const found = []
    for await (const keys of this.client.scanStream({ match, count: 10 })) found.push(...keys)
    return found
  }

  async subscribe(channel, received) {
    this.client.on('message', (from, m) => { if (from === channel) received(m) })
    await this.client.subscribe(channel)
  }
}

play(name, versionOf(name), async failed => new Adapter(failed))

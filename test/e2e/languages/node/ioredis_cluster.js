// The Cluster of ioredis and of iovalkey, whose interface is the same: node ioredis_cluster.js ioredis|iovalkey
'use strict'
const { host, port, username, password, versionOf } = require('./book')
const { play } = require('./cluster')

const name = process.argv[2]
const { Cluster } = require(name)

play(name, versionOf(name), async () => {
  const client = new Cluster([{ host, port }], { redisOptions: { username, password } })
  return { incr: k => client.incr(k), get: k => client.get(k), close: () => client.quit() }
})

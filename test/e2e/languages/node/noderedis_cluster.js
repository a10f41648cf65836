// node-redis's cluster.
'use strict'
const { createCluster } = require('redis')
const { host, port, username, password, versionOf } = require('./book')
const { play } = require('./cluster')

play('node-redis', versionOf('redis'), async () => {
  const client = createCluster({ rootNodes: [{ socket: { host, port } }], defaults: { username, password } })
  client.on('error', () => {}) // of connections to nodes that have left; commands have errors of their own
  await client.connect()
  return client
})

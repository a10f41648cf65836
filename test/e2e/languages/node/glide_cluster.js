// Valkey GLIDE's cluster client.
'use strict'
const { GlideClusterClient } = require('@valkey/valkey-glide')
const { host, port, username, password, versionOf } = require('./book')
const { play } = require('./cluster')

play('GLIDE for Node', versionOf('@valkey/valkey-glide'), () => GlideClusterClient.createClient({
  addresses: [{ host, port }], requestTimeout: 20000, ...(password && { credentials: { username, password } }),
}))

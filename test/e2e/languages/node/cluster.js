// What every cluster client of Node does: it writes and reads until the file STOP is there.
'use strict'
const { existsSync } = require('node:fs')
const { Book, prefix } = require('./book')

// play runs the scene with a client that has incr, get and close.
exports.play = async (name, version, connect) => {
  const book = new Book(name + ', cluster', version)
  try {
    const client = await connect()
    const counts = Array.from({ length: 24 }, () => 0)
    for (; !existsSync(process.env.STOP); book.rounds++) {
      for (const i of counts.keys()) {
        const key = prefix + i
        counts[i]++
        try {
          book.check('INCR ' + key, await client.incr(key), counts[i])
          book.check('GET ' + key, await client.get(key), String(counts[i]))
        } catch (e) {
          book.fail(e)
        }
      }
    }
    await client.close()
  } catch (e) {
    book.fail(e)
  }
  book.close()
  process.exit()
}

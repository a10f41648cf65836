// The books of one run: what was asked, what came back, and what should have.
'use strict'
const { readFileSync } = require('node:fs')
const { isDeepStrictEqual, inspect } = require('node:util')

const PATIENCE = 10_000 // for the last messages
const env = process.env

class Book {
  constructor(client, version, kinds = ['pubsub', 'list']) {
    Object.assign(this, { client, version, commands: 0, rounds: 0, errors: 0, first: '' })
    this.sent = Object.fromEntries(kinds.map(k => [k, []]))
    this.received = Object.fromEntries(kinds.map(k => [k, []]))
  }

  // begin starts the clock.
  begin() { this.end = performance.now() + 1000 * Number(env.DURATION) }

  open() { return performance.now() < this.end }

  check(what, got, want) {
    this.commands++
    if (!isDeepStrictEqual(got, want)) this.fail(`${what}: got ${inspect(got).slice(0, 200)}, want ${inspect(want).slice(0, 200)}`)
  }

  fail(what) {
    this.errors++
    this.first ||= String(what?.stack ?? what)
  }

  // send returns the number of the next message.
  send(kind) { return this.sent[kind].push(this.sent[kind].length) - 1 }

  // arrived says whether all messages have arrived, or have had the time to.
  arrived(kind) { return this.received[kind].length >= this.sent[kind].length || performance.now() > this.end + PATIENCE }

  // close prints the run on one line.
  close() {
    let lost = 0, doubled = 0, messages = 0
    for (const [kind, sent] of Object.entries(this.sent)) {
      const received = this.received[kind], seen = new Set(received)
      messages += sent.length
      lost += sent.filter(n => !seen.has(n)).length
      doubled += received.length - seen.size
      if (!isDeepStrictEqual(received, received.toSorted((a, b) => a - b))) this.fail(`${kind}: out of order`)
    }
    const { client, version, commands, rounds, errors, first } = this
    console.log(JSON.stringify({ client, version, commands, rounds, messages, errors, lost, doubled, first }))
  }
}

// versionOf tells the version of a package that is installed here.
const versionOf = name => JSON.parse(readFileSync(`${__dirname}/node_modules/${name}/package.json`)).version

module.exports = {
  Book, versionOf, host: env.HOST, port: Number(env.PORT), prefix: env.PREFIX,
  username: env.USERNAME || undefined, password: env.PASSWORD || undefined, protocol: Number(env.PROTOCOL) || undefined,
}

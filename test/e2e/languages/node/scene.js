// What every Node client does, by way of an adapter.
'use strict'
const { setTimeout: pause } = require('node:timers/promises')
const { Book, prefix } = require('./book')

const script = "return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}"
const key = name => prefix + name

async function commands(c, book) {
  const keys = Array.from({ length: 25 }, (_, i) => key('scan:' + i)).sort()
  for (const k of keys) book.check('SET', await c.set(k, 'x'), 'OK')
  for (let n = 1; book.open(); n++) {
    await round(c, book, n, keys)
    book.rounds = n
    await pause(20)
  }
}

async function round(c, book, n, keys) {
  const value = `value ${n}`
  book.check('SET', await c.set(key('string'), value), 'OK')
  book.check('GET', await c.get(key('string')), value)
  book.check('INCR', await c.incr(key('counter')), n)
  book.check('pipeline', await c.pipeline(key('pipeline'), 10), Array.from({ length: 10 }, (_, i) => 10 * n - 9 + i))
  book.check('MULTI', await c.multi(key('multi'), key('copy'), String(n)), [n, 'OK', String(n)])
  book.check('Lua', await c.lua(script, key('lua'), String(n)), [key('lua'), String(n), n])
  if (n % 10 !== 1) return
  book.check('SCAN', [...new Set(await c.scan(key('scan:*')))].sort(), keys)
  const big = (value + ',').repeat((1 << 20) / value.length + n)
  book.check('SET big', await c.set(key('big'), big), 'OK')
  book.check('GET big', await c.get(key('big')) === big, true)
}

async function subscription(client, c, book) {
  await client.subscribe(key('channel'), m => book.received.pubsub.push(Number(m)))
  while (book.open()) {
    book.check('PUBLISH', await c.publish(key('channel'), String(book.send('pubsub'))), 1)
    await pause(50)
  }
  while (!book.arrived('pubsub')) await pause(10)
}

async function blocking(client, c, book) {
  const pushing = produce(c, book)
  let open = true
  pushing.finally(() => { open = false }).catch(() => {})
  while (open || !book.arrived('list')) {
    const got = await client.blpop(key('list'), 1)
    if (!got) continue
    book.check('BLPOP', got[0], key('list'))
    book.received.list.push(Number(got[1]))
  }
  await pushing
}

async function produce(c, book) {
  while (book.open()) {
    const n = book.send('list')
    book.check('RPUSH', await c.rpush(key('list'), String(n)) >= 1, true)
    await pause(n % 8 === 7 ? 1300 : 100) // sometimes longer than BLPOP waits
  }
}

// play runs the scene with clients that connect makes.
exports.play = async (name, version, connect) => {
  const book = new Book(name, version)
  const failed = e => book.fail(e)
  try {
    const [c, subscribed, blocked] = [await connect(failed), await connect(failed, key('channel')), await connect(failed)]
    book.begin()
    await Promise.all([commands(c, book), subscription(subscribed, c, book), blocking(blocked, c, book)].map(p => p.catch(failed)))
    for (const each of [c, subscribed, blocked]) await each.close()
  } catch (e) {
    failed(e)
  }
  book.close()
  process.exit()
}

// BullMQ: a queue, a worker and the events, with jobs that note that they ran.
'use strict'
const { Queue, QueueEvents, Worker } = require('bullmq')
const { setTimeout: pause } = require('node:timers/promises')
const { Book, host, port, prefix, username, password, versionOf } = require('./book')

const connection = () => ({ host, port, username, password })

async function main() {
  const book = new Book('BullMQ', versionOf('bullmq'), ['jobs'])
  const failed = e => book.fail(e)
  const options = { prefix: prefix + 'bull' }
  const queue = new Queue('jobs', { ...options, connection: connection() })
  const events = new QueueEvents('jobs', { ...options, connection: connection() })
  const worker = new Worker('jobs', async job => {
    book.received.jobs.push(job.data.n)
    await job.updateProgress(50)
    return job.data.n ** 2
  }, { ...options, connection: { ...connection(), maxRetriesPerRequest: null } })
  for (const each of [queue, events, worker]) each.on('error', failed)
  worker.on('failed', (_, e) => failed(e))
  await events.waitUntilReady()
  book.begin()
  while (book.open()) {
    const jobs = await queue.addBulk(Array.from({ length: 5 }, () => ({ name: 'square', data: { n: book.send('jobs') } })))
    for (const job of jobs) book.check('result', await job.waitUntilFinished(events, 20_000), job.data.n ** 2)
    book.rounds++
    await pause(50)
  }
  while (!book.arrived('jobs')) await pause(10)
  for (const each of [worker, events, queue]) await each.close()
  book.close()
}

main().then(() => process.exit(), e => { console.error(e); process.exit(1) })

# redis-rb.
require "redis"
require_relative "book"

BOOK = Book.new("redis-rb", Redis::VERSION, %i[pubsub list])
SCRIPT = "return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}".freeze

def connect = Redis.new(**CONNECTION)

def key(name) = PREFIX + name

def commands(redis)
  keys = Array.new(25) { |i| key("scan:#{i}") }.sort
  keys.each { |k| BOOK.check("SET", redis.set(k, "x"), "OK") }
  sha = redis.script(:load, SCRIPT)
  (1..).each do |n|
    break unless BOOK.open?

    round(redis, n, sha)
    sometimes(redis, n, keys) if n % 10 == 1
    BOOK.rounds = n
    sleep 0.02
  end
end

def round(redis, n, sha)
  BOOK.check("SET", redis.set(key("string"), "value #{n}"), "OK")
  BOOK.check("GET", redis.get(key("string")), "value #{n}")
  BOOK.check("INCR", redis.incr(key("counter")), n)
  BOOK.check("pipeline", redis.pipelined { |p| 10.times { p.incr(key("pipeline")) } }, (10 * n - 9..10 * n).to_a)
  multi = redis.multi do |m|
    m.incr(key("multi"))
    m.set(key("copy"), n)
    m.get(key("copy"))
  end
  BOOK.check("MULTI", multi, [n, "OK", n.to_s])
  BOOK.check("EVALSHA", redis.evalsha(sha, [key("lua")], [n]), [key("lua"), n.to_s, n])
end

def sometimes(redis, n, keys)
  BOOK.check("SCAN", redis.scan_each(match: key("scan:*"), count: 10).to_a.uniq.sort, keys)
  big = "value #{n}," * ((1 << 20) / 8 + n)
  BOOK.check("SET big", redis.set(key("big"), big), "OK")
  BOOK.check("GET big", redis.get(key("big")) == big, true)
end

# A message on the other channel ends the subscription.
def subscriber(redis)
  publishing = nil
  subscribed = connect
  subscribed.subscribe(key("channel"), key("end")) do |on|
    on.subscribe { |channel, _| publishing = BOOK.start("PUBLISH") { publisher(redis) } if channel == key("end") }
    on.message do |channel, message|
      if channel == key("end")
        subscribed.unsubscribe
      else
        BOOK.received[:pubsub] << message.to_i
      end
    end
  end
  publishing.join
end

def publisher(redis)
  while BOOK.open?
    BOOK.check("PUBLISH", redis.publish(key("channel"), BOOK.send_next(:pubsub)), 1)
    sleep 0.05
  end
  sleep 0.01 until BOOK.arrived?(:pubsub)
  BOOK.check("PUBLISH", redis.publish(key("end"), ""), 1)
end

def consumer(redis)
  while BOOK.open? || !BOOK.arrived?(:list)
    from, n = redis.blpop(key("list"), timeout: 1)
    next unless from

    BOOK.check("BLPOP", from, key("list"))
    BOOK.received[:list] << n.to_i
  end
end

def producer(redis)
  while BOOK.open?
    n = BOOK.send_next(:list)
    BOOK.check("RPUSH", redis.rpush(key("list"), n) >= 1, true)
    sleep(n % 8 == 7 ? 1.3 : 0.1) # sometimes longer than BLPOP waits
  end
end

[
  BOOK.start("commands") { commands(connect) },
  BOOK.start("SUBSCRIBE") { subscriber(connect) },
  BOOK.start("BLPOP") { consumer(connect) },
  BOOK.start("RPUSH") { producer(connect) },
].each(&:join)
BOOK.print

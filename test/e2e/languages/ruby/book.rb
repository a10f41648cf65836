# The books of one run: what was asked, what came back, and what should have.
require "json"
require "monitor"

PREFIX = ENV.fetch("PREFIX")

def given(name) = ENV[name].to_s.empty? ? nil : ENV[name]

CONNECTION = { host: ENV.fetch("HOST"), port: ENV.fetch("PORT").to_i, username: given("USERNAME"), password: given("PASSWORD") }.compact

class Book
  PATIENCE = 10 # seconds for the last messages

  attr_reader :received
  attr_accessor :rounds

  def initialize(client, version, kinds)
    @client, @version = client, version
    @commands = @rounds = @errors = 0
    @first = ""
    @sent = kinds.to_h { |k| [k, 0] }
    @received = kinds.to_h { |k| [k, []] }
    @end = now + ENV.fetch("DURATION").to_f
    @lock = Monitor.new
  end

  def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

  def open? = now < @end

  def check(what, got, want)
    @lock.synchronize { @commands += 1 }
    fail_with("#{what}: got #{got.inspect[0, 200]}, want #{want.inspect[0, 200]}") unless got == want
  end

  def fail_with(what)
    @lock.synchronize do
      @errors += 1
      @first = what.to_s if @first.empty?
    end
  end

  # Returns the number of the next message.
  def send_next(kind) = (@sent[kind] += 1) - 1

  # Whether all messages have arrived, or have had the time to.
  def arrived?(kind) = @received[kind].size >= @sent[kind] || now > @end + PATIENCE

  # Runs an activity in a thread; whatever it does not catch is an error of the run.
  def start(name)
    Thread.new do
      yield
    rescue StandardError => e
      fail_with("#{name}: #{e.inspect}")
    end
  end

  # Prints the run on one line.
  def print
    @received.each { |kind, got| fail_with("#{kind}: out of order") unless got == got.sort }
    lost = @sent.sum { |kind, n| ((0...n).to_a - @received[kind]).size }
    doubled = @received.values.sum { |got| got.size - got.uniq.size }
    puts JSON.generate(client: @client, version: @version, commands: @commands, rounds: @rounds, messages: @sent.values.sum,
                       errors: @errors, lost: lost, doubled: doubled, first: @first)
  end
end

# Sidekiq: a server of its own runs jobs that note that they ran.
require_relative "jobs"

book = Book.new("Sidekiq", Sidekiq::VERSION, [:jobs])
server = spawn("sidekiq", "--require", File.join(__dir__, "jobs.rb"), "--queue", PREFIX, "--concurrency", "4", out: :err)
begin
  while book.open?
    5.times do
      n = book.send_next(:jobs)
      book.check("perform_async", Square.perform_async(n).size, 24)
    end
    book.rounds += 1
    sleep 0.1
  end
  ran = []
  until book.arrived?(:jobs)
    ran = Sidekiq.redis { |redis| redis.lrange("#{PREFIX}ran", 0, -1) }.map { |line| line.split.map(&:to_i) }
    book.received[:jobs].replace(ran.map(&:first).sort) # four threads keep no order
    sleep 0.1
  end
  ran.each { |n, result| book.check("result", result, n * n) }
ensure
  Process.kill("TERM", server)
  Process.wait(server)
end
book.print

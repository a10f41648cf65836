# The jobs of sidekiq.rb, and how both sides of Sidekiq connect.
require "sidekiq"
require_relative "book"

url = "redis://#{[CONNECTION[:username], CONNECTION[:password]].join(":")}@#{CONNECTION[:host]}:#{CONNECTION[:port]}".sub("//@", "//")
Sidekiq.configure_client { |config| config.redis = { url: url } }
Sidekiq.configure_server { |config| config.redis = { url: url } }

class Square
  include Sidekiq::Worker
  sidekiq_options retry: 0, queue: PREFIX

  # Notes that it ran, and the result.
  def perform(n)
    Sidekiq.redis { |redis| redis.rpush("#{PREFIX}ran", "#{n} #{n * n}") }
  end
end

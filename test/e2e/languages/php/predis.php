<?php
// Predis.
declare(strict_types=1);
require 'Predis/Autoloader.php';
require __DIR__ . '/scene.php';
Predis\Autoloader::register();

final class PredisAdapter implements Client
{
    private Predis\Client $redis;
    private string $sha = '';

    public function __construct()
    {
        $login = array_filter(['username' => getenv('USERNAME'), 'password' => getenv('PASSWORD')]);
        $this->redis = new Predis\Client(['host' => getenv('HOST'), 'port' => (int) getenv('PORT'), 'read_write_timeout' => -1] + $login);
    }

    public function set(string $key, string $value): string
    {
        return (string) $this->redis->set($key, $value);
    }

    public function get(string $key): string
    {
        return $this->redis->get($key);
    }

    public function incr(string $key): int
    {
        return $this->redis->incr($key);
    }

    public function pipeline(string $key, int $times): array
    {
        return $this->redis->pipeline(function ($pipe) use ($key, $times) {
            for ($i = 0; $i < $times; $i++) {
                $pipe->incr($key);
            }
        });
    }

    public function multi(string $key, string $copy, string $value): array
    {
        $replies = $this->redis->transaction(function ($t) use ($key, $copy, $value) {
            $t->incr($key);
            $t->set($copy, $value);
            $t->get($copy);
        });
        return [$replies[0], (string) $replies[1], $replies[2]];
    }

    public function lua(string $script, string $key, string $arg): array
    {
        $this->sha = $this->sha ?: $this->redis->script('LOAD', $script);
        return $this->redis->evalsha($this->sha, 1, $key, $arg);
    }

    public function scan(string $pattern): array
    {
        return iterator_to_array(new Predis\Collection\Iterator\Keyspace($this->redis, $pattern, 10), false);
    }

    public function publish(string $channel, string $message): int
    {
        return $this->redis->publish($channel, $message);
    }

    public function rpush(string $key, string $value): int
    {
        return $this->redis->rpush($key, [$value]);
    }

    public function blpop(string $key, int $seconds): array
    {
        return $this->redis->blpop([$key], $seconds) ?? [];
    }

    public function subscribe(string $channel, callable $received): void
    {
        $loop = $this->redis->pubSubLoop();
        $loop->subscribe($channel);
        foreach ($loop as $message) {
            if ($message->kind !== 'message') {
                continue;
            }
            $received($message->payload);
            if ($message->payload === 'end') {
                $loop->unsubscribe($channel);
            }
        }
    }
}

play('Predis', Predis\Client::VERSION, fn () => new PredisAdapter());

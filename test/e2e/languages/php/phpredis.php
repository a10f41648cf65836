<?php
// phpredis, the extension.
declare(strict_types=1);
require __DIR__ . '/scene.php';

final class PhpRedis implements Client
{
    private Redis $redis;
    private string $sha = '';

    public function __construct()
    {
        $this->redis = new Redis();
        $this->redis->connect(getenv('HOST'), (int) getenv('PORT'));
        if (getenv('PASSWORD')) {
            $this->redis->auth(array_values(array_filter([getenv('USERNAME'), getenv('PASSWORD')])));
        }
        $this->redis->setOption(Redis::OPT_SCAN, Redis::SCAN_RETRY);
    }

    public function set(string $key, string $value): string
    {
        return $this->redis->set($key, $value) ? 'OK' : 'not OK';
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
        $pipe = $this->redis->pipeline();
        for ($i = 0; $i < $times; $i++) {
            $pipe->incr($key);
        }
        return $pipe->exec();
    }

    public function multi(string $key, string $copy, string $value): array
    {
        $replies = $this->redis->multi()->incr($key)->set($copy, $value)->get($copy)->exec();
        return [$replies[0], $replies[1] === true ? 'OK' : $replies[1], $replies[2]];
    }

    public function lua(string $script, string $key, string $arg): array
    {
        $this->sha = $this->sha ?: $this->redis->script('load', $script);
        return $this->redis->evalSha($this->sha, [$key, $arg], 1);
    }

    public function scan(string $pattern): array
    {
        [$found, $cursor] = [[], null];
        while ($keys = $this->redis->scan($cursor, $pattern, 10)) {
            $found = array_merge($found, $keys);
        }
        return $found;
    }

    public function publish(string $channel, string $message): int
    {
        return $this->redis->publish($channel, $message);
    }

    public function rpush(string $key, string $value): int
    {
        return $this->redis->rPush($key, $value);
    }

    public function blpop(string $key, int $seconds): array
    {
        return $this->redis->blPop([$key], $seconds) ?: [];
    }

    public function subscribe(string $channel, callable $received): void
    {
        $this->redis->setOption(Redis::OPT_READ_TIMEOUT, -1);
        try {
            $this->redis->subscribe([$channel], function (Redis $redis, string $channel, string $message) use ($received) {
                $received($message);
                if ($message === 'end') {
                    $redis->close(); // subscribe() has no other way out
                }
            });
        } catch (RedisException) {
        }
    }
}

play('phpredis', phpversion('redis'), fn () => new PhpRedis());

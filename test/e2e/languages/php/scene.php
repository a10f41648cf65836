<?php
// What both PHP clients do, by way of an adapter. PHP has no threads: the one that subscribes and the one that blocks are
// processes, and what they have received comes back in a file.
declare(strict_types=1);

const SCRIPT = "return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}";
const PATIENCE = 10; // seconds for the last messages

function key_of(string $name): string
{
    return getenv('PREFIX') . $name;
}

interface Client
{
    public function set(string $key, string $value): string;
    public function get(string $key): string;
    public function incr(string $key): int;
    public function pipeline(string $key, int $times): array;
    public function multi(string $key, string $copy, string $value): array;
    public function lua(string $script, string $key, string $arg): array;
    public function scan(string $pattern): array;
    public function publish(string $channel, string $message): int;
    public function rpush(string $key, string $value): int;
    /** Returns the key and the element, or nothing if there was none in time. */
    public function blpop(string $key, int $seconds): array;
    /** Hands over messages until one is "end". */
    public function subscribe(string $channel, callable $received): void;
}

final class Book
{
    public int $commands = 0;
    public int $errors = 0;
    public string $first = '';

    public function check(string $what, mixed $got, mixed $want): void
    {
        $this->commands++;
        if ($got !== $want) {
            $this->fail("$what: got " . substr(json_encode($got), 0, 200) . ', want ' . substr(json_encode($want), 0, 200));
        }
    }

    public function fail(string $what): void
    {
        $this->errors++;
        $this->first = $this->first ?: $what;
    }
}

/** Runs an activity in a process; its result comes from the function that is returned. */
function fork(callable $activity): callable
{
    $file = tempnam(sys_get_temp_dir(), 'valetkey');
    $pid = pcntl_fork();
    if ($pid === 0) {
        try {
            $result = $activity();
        } catch (Throwable $e) {
            $result = ['error' => (string) $e];
        }
        file_put_contents($file, json_encode($result));
        exit(0);
    }
    return function () use ($pid, $file): array {
        for ($end = microtime(true) + PATIENCE; pcntl_waitpid($pid, $status, WNOHANG) === 0; usleep(10_000)) {
            if (microtime(true) > $end) {
                posix_kill($pid, SIGKILL);
                $end = INF;
            }
        }
        $result = json_decode(file_get_contents($file) ?: '{"error":"it had no end"}', true);
        unlink($file);
        return $result;
    };
}

function subscriber(callable $connect): array
{
    $received = [];
    $connect()->subscribe(key_of('channel'), function (string $message) use (&$received) {
        if (ctype_digit($message)) {
            $received[] = (int) $message;
        }
    });
    return $received;
}

function consumer(callable $connect): array
{
    $client = $connect();
    $received = [];
    while (true) {
        $got = $client->blpop(key_of('list'), 1);
        if ($got && $got[0] !== key_of('list')) {
            throw new Exception('BLPOP answered ' . json_encode($got));
        }
        if ($got && $got[1] === 'end') {
            return $received;
        }
        if ($got) {
            $received[] = (int) $got[1];
        }
    }
}

function one_round(Client $c, Book $book, int $n, array $keys): void
{
    $book->check('SET', $c->set(key_of('string'), "value $n"), 'OK');
    $book->check('GET', $c->get(key_of('string')), "value $n");
    $book->check('INCR', $c->incr(key_of('counter')), $n);
    $book->check('pipeline', $c->pipeline(key_of('pipeline'), 10), range(10 * $n - 9, 10 * $n));
    $book->check('MULTI', $c->multi(key_of('multi'), key_of('copy'), "$n"), [$n, 'OK', "$n"]);
    $book->check('EVALSHA', $c->lua(SCRIPT, key_of('lua'), "$n"), [key_of('lua'), "$n", $n]);
    if ($n % 10 !== 1) {
        return;
    }
    $found = array_unique($c->scan(key_of('scan:*')));
    sort($found);
    $book->check('SCAN', $found, $keys);
    $big = str_repeat("value $n,", (1 << 20) / 8 + $n);
    $book->check('SET big', $c->set(key_of('big'), $big), 'OK');
    $book->check('GET big', $c->get(key_of('big')) === $big, true);
}

/** Publishes a message in every round, and pushes an element in every other one, with a long pause now and then. */
function run(Client $c, Book $book): array
{
    $keys = array_map(fn ($i) => key_of("scan:$i"), range(0, 24));
    sort($keys);
    foreach ($keys as $key) {
        $book->check('SET', $c->set($key, 'x'), 'OK');
    }
    while ($c->publish(key_of('channel'), 'ready') === 0) {
        usleep(10_000);
    }
    $sent = ['pubsub' => 0, 'list' => 0];
    $end = microtime(true) + (float) getenv('DURATION');
    for ($n = 1; microtime(true) < $end; $n++) {
        one_round($c, $book, $n, $keys);
        $book->check('PUBLISH', $c->publish(key_of('channel'), (string) $sent['pubsub']++), 1);
        if ($n % 2 === 0 && $n % 100 < 60) {
            $book->check('RPUSH', $c->rpush(key_of('list'), (string) $sent['list']++) >= 1, true);
        }
        usleep(20_000);
    }
    $c->publish(key_of('channel'), 'end');
    $c->rpush(key_of('list'), 'end');
    return [$n - 1, $sent];
}

function play(string $name, string $version, callable $connect): void
{
    $book = new Book();
    $children = ['pubsub' => fork(fn () => subscriber($connect)), 'list' => fork(fn () => consumer($connect))];
    [$rounds, $sent] = [0, ['pubsub' => 0, 'list' => 0]];
    try {
        [$rounds, $sent] = run($connect(), $book);
    } catch (Throwable $e) {
        $book->fail((string) $e);
    }
    $lost = $doubled = 0;
    foreach ($children as $kind => $result) {
        $received = $result();
        if (isset($received['error'])) {
            $book->fail("$kind: {$received['error']}");
            $received = [];
        }
        $lost += $sent[$kind] - count(array_unique($received));
        $doubled += count($received) - count(array_unique($received));
        if ($received !== array_values(array_unique($received)) || $received && max($received) !== end($received)) {
            $book->fail("$kind: out of order");
        }
    }
    echo json_encode([
        'client' => $name, 'version' => $version, 'commands' => $book->commands, 'rounds' => $rounds, 'messages' => array_sum($sent),
        'errors' => $book->errors, 'lost' => $lost, 'doubled' => $doubled, 'first' => substr($book->first, 0, 500),
    ], JSON_INVALID_UTF8_SUBSTITUTE), "\n";
}

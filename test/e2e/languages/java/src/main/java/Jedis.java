import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisPubSub;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.Response;

final class Jedis implements Client {
    private final RedisClient client;
    private String sha;

    private Jedis() {
        var config = DefaultJedisClientConfig.builder().user(Book.USERNAME).password(Book.PASSWORD);
        if (Book.PROTOCOL != null) {
            config.protocol(Book.PROTOCOL.equals("3") ? RedisProtocol.RESP3 : RedisProtocol.RESP2);
        }
        client = RedisClient.builder().hostAndPort(new HostAndPort(Book.HOST, Book.PORT)).clientConfig(config.build()).build();
    }

    public String set(String key, String value) {
        return client.set(key, value);
    }

    public String get(String key) {
        return client.get(key);
    }

    public long incr(String key) {
        return client.incr(key);
    }

    public List<Long> pipeline(String key, int times) {
        List<Response<Long>> replies = new ArrayList<>();
        try (var p = client.pipelined()) {
            for (int i = 0; i < times; i++) {
                replies.add(p.incr(key));
            }
            p.sync();
        }
        return replies.stream().map(Response::get).toList();
    }

    public List<String> multi(String key, String copy, String value) {
        try (var t = client.multi()) {
            t.incr(key);
            t.set(copy, value);
            t.get(copy);
            return t.exec().stream().map(String::valueOf).toList();
        }
    }

    public List<String> lua(String script, String key, String arg) {
        if (sha == null) {
            sha = client.scriptLoad(script);
        }
        return ((List<?>) client.evalsha(sha, List.of(key), List.of(arg))).stream().map(String::valueOf).toList();
    }

    public Collection<String> scan(String pattern) {
        return client.scanIteration(10, pattern).collect(new ArrayList<>());
    }

    public long publish(String channel, String message) {
        return client.publish(channel, message);
    }

    public long rpush(String key, String value) {
        return client.rpush(key, value);
    }

    public String blpop(String key, int seconds) {
        List<String> got = client.blpop(seconds, key);
        return got == null ? null : got.get(1);
    }

    public void subscribe(String channel, Consumer<String> received) throws InterruptedException {
        CountDownLatch there = new CountDownLatch(1);
        JedisPubSub listener = new JedisPubSub() {
            @Override
            public void onSubscribe(String channel, int count) {
                there.countDown();
            }

            @Override
            public void onMessage(String channel, String message) {
                received.accept(message);
            }
        };
        Thread t = new Thread(() -> client.subscribe(listener, channel));
        t.setDaemon(true);
        t.start();
        there.await();
    }

    public void close() {
        client.close();
    }

    public static void main(String[] args) {
        Scene.play("Jedis", RedisClient.class, channel -> new Jedis());
    }
}

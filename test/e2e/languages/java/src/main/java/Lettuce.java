import io.lettuce.core.ClientOptions;
import io.lettuce.core.KeyValue;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanIterator;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;

final class Lettuce implements Client {
    private final RedisClient client;
    private final StatefulRedisConnection<String, String> connection;
    private final StatefulRedisConnection<String, String> transactions; // MULTI wants one of its own
    private final RedisCommands<String, String> c;
    private String sha;

    private Lettuce() {
        RedisURI.Builder uri = RedisURI.builder().withHost(Book.HOST).withPort(Book.PORT);
        if (Book.USERNAME != null) {
            uri.withAuthentication(Book.USERNAME, Book.PASSWORD);
        } else if (Book.PASSWORD != null) {
            uri.withPassword(Book.PASSWORD.toCharArray());
        }
        client = RedisClient.create(uri.build());
        if (Book.PROTOCOL != null) {
            ProtocolVersion version = Book.PROTOCOL.equals("3") ? ProtocolVersion.RESP3 : ProtocolVersion.RESP2;
            client.setOptions(ClientOptions.builder().protocolVersion(version).build());
        }
        connection = client.connect();
        transactions = client.connect();
        c = connection.sync();
    }

    public String set(String key, String value) {
        return c.set(key, value);
    }

    public String get(String key) {
        return c.get(key);
    }

    public long incr(String key) {
        return c.incr(key);
    }

    public List<Long> pipeline(String key, int times) throws Exception {
        List<RedisFuture<Long>> replies = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            replies.add(connection.async().incr(key)); // one after another without waiting is a pipeline
        }
        LettuceFutures.awaitAll(Duration.ofSeconds(20), replies.toArray(new RedisFuture[0]));
        List<Long> values = new ArrayList<>();
        for (RedisFuture<Long> reply : replies) {
            values.add(reply.get());
        }
        return values;
    }

    public List<String> multi(String key, String copy, String value) {
        RedisCommands<String, String> t = transactions.sync();
        t.multi();
        t.incr(key);
        t.set(copy, value);
        t.get(copy);
        return t.exec().stream().map(String::valueOf).toList();
    }

    public List<String> lua(String script, String key, String arg) {
        if (sha == null) {
            sha = c.scriptLoad(script);
        }
        List<Object> got = c.evalsha(sha, ScriptOutputType.MULTI, new String[] {key}, arg);
        return got.stream().map(String::valueOf).toList();
    }

    public Collection<String> scan(String pattern) {
        return ScanIterator.scan(c, ScanArgs.Builder.matches(pattern).limit(10)).stream().toList();
    }

    public long publish(String channel, String message) {
        return c.publish(channel, message);
    }

    public long rpush(String key, String value) {
        return c.rpush(key, value);
    }

    public String blpop(String key, int seconds) {
        KeyValue<String, String> got = c.blpop(seconds, key);
        return got == null || !got.hasValue() ? null : got.getValue();
    }

    public void subscribe(String channel, Consumer<String> received) {
        var subscriber = client.connectPubSub();
        subscriber.addListener(new RedisPubSubAdapter<String, String>() {
            @Override
            public void message(String channel, String message) {
                received.accept(message);
            }
        });
        subscriber.sync().subscribe(channel);
    }

    public void close() {
        client.shutdown();
    }

    public static void main(String[] args) {
        Scene.play("Lettuce", RedisClient.class, channel -> new Lettuce());
    }
}

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.redisson.api.BatchOptions;
import org.redisson.api.RBatch;
import org.redisson.api.RScript;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.Config;
import org.redisson.config.Protocol;

/** Redisson has no commands but objects, which answer less than the commands do. */
final class Redisson implements Client {
    private final RedissonClient client;

    private Redisson() {
        Config config = new Config().setCodec(StringCodec.INSTANCE).setUsername(Book.USERNAME).setPassword(Book.PASSWORD);
        if (Book.PROTOCOL != null) {
            config.setProtocol(Book.PROTOCOL.equals("3") ? Protocol.RESP3 : Protocol.RESP2);
        }
        config.useSingleServer().setAddress("redis://" + Book.HOST + ":" + Book.PORT).setConnectionMinimumIdleSize(4).setConnectionPoolSize(8);
        client = org.redisson.Redisson.create(config);
    }

    public String set(String key, String value) {
        client.getBucket(key).set(value); // throws unless the answer is OK
        return "OK";
    }

    public String get(String key) {
        return client.<String>getBucket(key).get();
    }

    public long incr(String key) {
        return client.getAtomicLong(key).incrementAndGet();
    }

    public List<Long> pipeline(String key, int times) {
        RBatch batch = client.createBatch();
        for (int i = 0; i < times; i++) {
            batch.getAtomicLong(key).incrementAndGetAsync();
        }
        return new ArrayList<>((List<Long>) batch.execute().getResponses());
    }

    public List<String> multi(String key, String copy, String value) {
        RBatch batch = client.createBatch(BatchOptions.defaults().executionMode(BatchOptions.ExecutionMode.IN_MEMORY_ATOMIC));
        batch.getAtomicLong(key).incrementAndGetAsync();
        batch.getBucket(copy).setAsync(value);
        batch.getBucket(copy).getAsync();
        List<?> replies = batch.execute().getResponses();
        return List.of(String.valueOf(replies.get(0)), "OK", String.valueOf(replies.get(2)));
    }

    public List<String> lua(String script, String key, String arg) {
        List<Object> got = client.getScript(StringCodec.INSTANCE).eval(RScript.Mode.READ_WRITE, script, RScript.ReturnType.LIST, List.of(key), arg);
        return got.stream().map(String::valueOf).toList();
    }

    public Collection<String> scan(String pattern) {
        List<String> found = new ArrayList<>();
        client.getKeys().getKeysByPattern(pattern, 10).forEach(found::add);
        return found;
    }

    public long publish(String channel, String message) {
        return client.getTopic(channel).publish(message);
    }

    public long rpush(String key, String value) {
        return client.getBlockingQueue(key).offer(value) ? 1 : 0;
    }

    public String blpop(String key, int seconds) throws InterruptedException {
        return client.<String>getBlockingQueue(key).poll(seconds, TimeUnit.SECONDS);
    }

    public void subscribe(String channel, Consumer<String> received) {
        client.getTopic(channel).addListener(String.class, (from, message) -> received.accept(message));
    }

    public void close() {
        client.shutdown();
    }

    public static void main(String[] args) {
        Scene.play("Redisson", RedissonClient.class, channel -> new Redisson());
    }
}

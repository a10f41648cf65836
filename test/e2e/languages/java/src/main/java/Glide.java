import glide.api.GlideClient;
import glide.api.models.Batch;
import glide.api.models.GlideString;
import glide.api.models.PubSubMessage;
import glide.api.models.Script;
import glide.api.models.commands.ScriptOptions;
import glide.api.models.commands.scan.ScanOptions;
import glide.api.models.configuration.GlideClientConfiguration;
import glide.api.models.configuration.NodeAddress;
import glide.api.models.configuration.ProtocolVersion;
import glide.api.models.configuration.ServerCredentials;
import glide.api.models.configuration.StandaloneSubscriptionConfiguration;
import glide.api.models.configuration.StandaloneSubscriptionConfiguration.PubSubChannelMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;

final class Glide implements Client {
    private final GlideClient client;
    private Script script;

    private Glide(String channel) throws Exception {
        var config = GlideClientConfiguration.builder().requestTimeout(20000).address(NodeAddress.builder().host(Book.HOST).port(Book.PORT).build());
        if (Book.PASSWORD != null) {
            config.credentials(ServerCredentials.builder().username(Book.USERNAME).password(Book.PASSWORD).build());
        }
        if (Book.PROTOCOL != null && channel == null) { // a subscription wants RESP3
            config.protocol(Book.PROTOCOL.equals("3") ? ProtocolVersion.RESP3 : ProtocolVersion.RESP2);
        }
        if (channel != null) {
            config.subscriptionConfiguration(StandaloneSubscriptionConfiguration.builder().subscription(PubSubChannelMode.EXACT, GlideString.gs(channel)).build());
        }
        client = GlideClient.createClient(config.build()).get();
    }

    public String set(String key, String value) throws Exception {
        return client.set(key, value).get();
    }

    public String get(String key) throws Exception {
        return client.get(key).get();
    }

    public long incr(String key) throws Exception {
        return client.incr(key).get();
    }

    public List<Long> pipeline(String key, int times) throws Exception {
        Batch batch = new Batch(false);
        for (int i = 0; i < times; i++) {
            batch.incr(key);
        }
        return Arrays.stream(client.exec(batch, true).get()).map(Long.class::cast).toList();
    }

    public List<String> multi(String key, String copy, String value) throws Exception {
        Batch batch = new Batch(true).incr(key).set(copy, value).get(copy);
        return Arrays.stream(client.exec(batch, true).get()).map(String::valueOf).toList();
    }

    public List<String> lua(String text, String key, String arg) throws Exception {
        if (script == null) {
            script = new Script(text, false);
        }
        Object[] got = (Object[]) client.invokeScript(script, ScriptOptions.builder().key(key).arg(arg).build()).get();
        return Arrays.stream(got).map(String::valueOf).toList();
    }

    public Collection<String> scan(String pattern) throws Exception {
        List<String> found = new ArrayList<>();
        String cursor = "0";
        do {
            Object[] page = client.scan(cursor, ScanOptions.builder().matchPattern(pattern).count(10L).build()).get();
            cursor = page[0].toString();
            Arrays.stream((Object[]) page[1]).map(Object::toString).forEach(found::add);
        } while (!cursor.equals("0"));
        return found;
    }

    /** GLIDE keeps the number of receivers for itself. */
    public long publish(String channel, String message) throws Exception {
        return client.publish(message, channel).get().equals("OK") ? 1 : 0;
    }

    public long rpush(String key, String value) throws Exception {
        return client.rpush(key, new String[] {value}).get();
    }

    public String blpop(String key, int seconds) throws Exception {
        String[] got = client.blpop(new String[] {key}, seconds).get();
        return got == null ? null : got[1];
    }

    /** The subscription is part of the connection. */
    public void subscribe(String channel, Consumer<String> received) {
        Thread t = new Thread(() -> {
            try {
                while (true) {
                    PubSubMessage m = client.getPubSubMessage().get();
                    received.accept(m.getMessage().toString());
                }
            } catch (Exception e) {
                return; // the end of the client
            }
        });
        t.setDaemon(true);
        t.start();
    }

    public void close() throws Exception {
        client.close();
    }

    public static void main(String[] args) {
        Scene.play("GLIDE for Java", GlideClient.class, Glide::new);
    }
}

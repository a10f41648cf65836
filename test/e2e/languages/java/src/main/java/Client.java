import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;

/** A client under test. The scene makes one for commands, one that subscribes and one that blocks. */
interface Client extends AutoCloseable {
    String set(String key, String value) throws Exception;

    String get(String key) throws Exception;

    long incr(String key) throws Exception;

    List<Long> pipeline(String key, int times) throws Exception;

    /** Increments the key, sets the copy and gets it, and returns the three replies as text. */
    List<String> multi(String key, String copy, String value) throws Exception;

    /** Returns what the script does, as text. */
    List<String> lua(String script, String key, String arg) throws Exception;

    Collection<String> scan(String pattern) throws Exception;

    long publish(String channel, String message) throws Exception;

    long rpush(String key, String value) throws Exception;

    /** Returns the element, or null if there was none in time. */
    String blpop(String key, int seconds) throws Exception;

    /** Returns once the subscription is there. */
    void subscribe(String channel, Consumer<String> received) throws Exception;

    /** Makes clients. */
    interface Maker {
        /** Connects; to be subscribed to the channel unless it is null. */
        Client connect(String channel) throws Exception;
    }
}

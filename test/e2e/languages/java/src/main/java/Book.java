import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;

/** The books of one run: what was asked, what came back, and what should have. */
final class Book {
    static final String HOST = System.getenv("HOST");
    static final int PORT = Integer.parseInt(System.getenv("PORT"));
    static final String PREFIX = System.getenv("PREFIX");
    static final String USERNAME = variable("USERNAME");
    static final String PASSWORD = variable("PASSWORD");
    static final String PROTOCOL = variable("PROTOCOL");
    private static final long PATIENCE = 10_000_000_000L; // for the last messages

    /** Numbered messages of one kind. */
    final class Messages {
        private final List<Integer> received = new ArrayList<>();
        private int sent;

        /** Returns the number of the next message. */
        synchronized int send() {
            return sent++;
        }

        synchronized void receive(String message) {
            int n = Integer.parseInt(message);
            if (!received.isEmpty() && n < received.get(received.size() - 1)) {
                fail("message " + n + " came after " + received.get(received.size() - 1));
            }
            received.add(n);
        }

        /** Whether all have arrived, or have had the time to. */
        synchronized boolean arrived() {
            return received.size() >= sent || System.nanoTime() - end > PATIENCE;
        }

        synchronized int lost() {
            return sent - new HashSet<>(received).size();
        }

        synchronized int doubled() {
            return received.size() - new HashSet<>(received).size();
        }
    }

    final Messages channel = new Messages(), list = new Messages();
    private volatile long end;
    private int commands, rounds, errors;
    private String first = "";

    /** Returns null for a variable that is missing or empty. */
    private static String variable(String name) {
        String value = System.getenv(name);
        return value == null || value.isEmpty() ? null : value;
    }

    /** Starts the clock. */
    void begin() {
        end = System.nanoTime() + (long) (1e9 * Double.parseDouble(System.getenv("DURATION")));
    }

    boolean open() {
        return System.nanoTime() - end < 0;
    }

    synchronized void check(String what, Object got, Object want) {
        commands++;
        if (!Objects.equals(got, want)) {
            fail(what + ": got " + shortened(got) + ", want " + shortened(want));
        }
    }

    private static String shortened(Object value) {
        String text = String.valueOf(value);
        return text.substring(0, Math.min(200, text.length()));
    }

    synchronized void fail(Object what) {
        errors++;
        first = first.isEmpty() ? what.toString() : first;
    }

    synchronized void round(int n) {
        rounds = n;
    }

    /** Prints the run on one line. */
    synchronized void print(String client, String version) {
        String text = first.replace("\\", "\\\\").replace("\"", "\\\"").replaceAll("\\p{Cntrl}", " ");
        System.out.printf(
                "{\"client\":\"%s\",\"version\":\"%s\",\"commands\":%d,\"rounds\":%d,\"messages\":%d,\"errors\":%d,\"lost\":%d,\"doubled\":%d,\"first\":\"%s\"}%n",
                client, version, commands, rounds, channel.sent + list.sent, errors, channel.lost() + list.lost(), channel.doubled() + list.doubled(), text);
    }
}

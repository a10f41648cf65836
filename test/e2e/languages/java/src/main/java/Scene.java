import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** What every Java client does. */
final class Scene {
    private static final String SCRIPT = "return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}";
    private final Book book = new Book();

    /** An activity may fail. */
    private interface Activity {
        void run() throws Exception;
    }

    private Thread start(String name, Activity activity) {
        Thread t = new Thread(() -> {
            try {
                activity.run();
            } catch (Exception e) {
                book.fail(name + ": " + e);
            }
        });
        t.start();
        return t;
    }

    private static String key(String name) {
        return Book.PREFIX + name;
    }

    private void commands(Client c) throws Exception {
        TreeSet<String> keys = IntStream.range(0, 25).mapToObj(i -> key("scan:" + i)).collect(Collectors.toCollection(TreeSet::new));
        for (String k : keys) {
            book.check("SET", c.set(k, "x"), "OK");
        }
        for (int n = 1; book.open(); n++) {
            round(c, n, keys);
            book.round(n);
            Thread.sleep(20);
        }
    }

    private void round(Client c, int n, TreeSet<String> keys) throws Exception {
        String text = String.valueOf(n), value = "value " + n;
        book.check("SET", c.set(key("string"), value), "OK");
        book.check("GET", c.get(key("string")), value);
        book.check("INCR", c.incr(key("counter")), (long) n);
        book.check("pipeline", c.pipeline(key("pipeline"), 10), LongStream.rangeClosed(10L * n - 9, 10L * n).boxed().toList());
        book.check("MULTI", c.multi(key("multi"), key("copy"), text), List.of(text, "OK", text));
        book.check("Lua", c.lua(SCRIPT, key("lua"), text), List.of(key("lua"), text, text));
        if (n % 10 != 1) {
            return;
        }
        book.check("SCAN", new TreeSet<>(c.scan(key("scan:*"))), keys);
        String big = (value + ",").repeat((1 << 20) / value.length() + n);
        book.check("SET big", c.set(key("big"), big), "OK");
        book.check("GET big", c.get(key("big")).equals(big), true);
    }

    private void publish(Client c) throws Exception {
        while (book.open()) {
            book.check("PUBLISH", c.publish(key("channel"), String.valueOf(book.channel.send())), 1L);
            Thread.sleep(50);
        }
        while (!book.channel.arrived()) {
            Thread.sleep(10);
        }
    }

    private void produce(Client c) throws Exception {
        while (book.open()) {
            int n = book.list.send();
            book.check("RPUSH", c.rpush(key("list"), String.valueOf(n)) >= 1, true);
            Thread.sleep(n % 8 == 7 ? 1300 : 100); // sometimes longer than BLPOP waits
        }
    }

    private void consume(Client client) throws Exception {
        while (book.open() || !book.list.arrived()) {
            String got = client.blpop(key("list"), 1);
            if (got != null) {
                book.check("BLPOP", got.isEmpty(), false);
                book.list.receive(got);
            }
        }
    }

    private void run(Client.Maker maker) throws Exception {
        Client c = maker.connect(null), subscribed = maker.connect(key("channel")), blocked = maker.connect(null);
        subscribed.subscribe(key("channel"), book.channel::receive);
        book.begin();
        List<Thread> threads = List.of(start("commands", () -> commands(c)), start("PUBLISH", () -> publish(c)), start("RPUSH", () -> produce(c)),
                start("BLPOP", () -> consume(blocked)));
        for (Thread t : threads) {
            t.join();
        }
        for (Client each : List.of(c, subscribed, blocked)) {
            each.close();
        }
    }

    /** Runs the scene and ends the process. The version is that of the library's JAR. */
    static void play(String name, Class<?> library, Client.Maker maker) {
        Scene s = new Scene();
        try {
            s.run(maker);
        } catch (Exception e) {
            s.book.fail(e);
        }
        String jar = library.getProtectionDomain().getCodeSource().getLocation().getPath();
        s.book.print(name, jar.replaceAll(".*/[a-z-]+-([0-9][0-9.]*[0-9]).*", "$1"));
        System.exit(0);
    }
}

import glide.api.GlideClusterClient;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Keeps a client signed in. Every {@code refresh} the client gets a new token for the connections that it will make, so that it never
 * comes back with one that has expired. Every {@code reauth} it signs in again on the connections that it has, which AWS cuts 12
 * hours after the last time.
 */
final class Keeper implements AutoCloseable {
    private final ScheduledExecutorService clock =
            Executors.newSingleThreadScheduledExecutor(
                    task -> {
                        var thread = new Thread(task, "keeper");
                        thread.setDaemon(true);
                        return thread;
                    });
    private final GlideClusterClient client;
    private final TokenSource source;
    private final Duration refresh;
    private final Duration reauth;
    private final Duration retry;
    private long signedIn = System.nanoTime();

    Keeper(GlideClusterClient client, TokenSource source, Duration refresh, Duration reauth) {
        this.client = client;
        this.source = source;
        this.refresh = refresh;
        this.reauth = reauth;
        this.retry = refresh.compareTo(Duration.ofSeconds(5)) < 0 ? refresh : Duration.ofSeconds(5);
        after(refresh);
    }

    private void after(Duration wait) {
        clock.schedule(this::update, wait.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void update() {
        boolean immediate = System.nanoTime() - signedIn >= reauth.toNanos();
        try {
            client.updateConnectionPassword(source.token(), immediate).get();
            if (immediate) {
                signedIn = System.nanoTime();
            }
            after(refresh);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        } catch (Exception e) { // the client keeps what it has, so there is time to try again
            System.err.println("update failed, trying again in " + retry + ": " + e.getClass().getSimpleName());
            after(retry);
        }
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}

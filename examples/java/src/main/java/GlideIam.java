import glide.api.GlideClusterClient;
import glide.api.models.configuration.AdvancedGlideClusterClientConfiguration;
import glide.api.models.configuration.GlideClusterClientConfiguration;
import glide.api.models.configuration.NodeAddress;
import glide.api.models.configuration.ServerCredentials;
import glide.api.models.configuration.TlsAdvancedConfiguration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;

/**
 * Signs in to a cache with an IAM token through Valkey GLIDE, and stays signed in.
 *
 * <p>It is the procedure of GLIDE's documentation, step for step: create a cluster client with the user and a token over TLS, update
 * the password lazily, update it at once. {@link Keeper} goes on with the two updates, which is all that a program needs.
 *
 * <pre>
 * mvn compile exec:java -Dexec.args="clustercfg.orders.xxxxxx.euw1.cache.amazonaws.com 6379 --name orders --user app --region eu-west-1"
 * </pre>
 *
 * <p>The AWS credentials come from where the AWS SDK finds them: the environment, ~/.aws, the instance, the task. Further options:
 * {@code --service memorydb}, {@code --serverless true}, {@code --ca-file FILE}, and in seconds {@code --keep}, {@code --refresh} and
 * {@code --reauth}.
 */
public final class GlideIam {
    public static void main(String[] args) throws Exception {
        var hostAndPort = new ArrayList<String>();
        var options = parse(args, hostAndPort);
        var source =
                new TokenSource(
                        DefaultCredentialsProvider.builder().build(),
                        options.getOrDefault("service", "elasticache"),
                        options.get("name"),
                        options.get("user"),
                        options.get("region"),
                        Boolean.parseBoolean(options.get("serverless")));
        var host = hostAndPort.get(0);
        var port = Integer.parseInt(hostAndPort.get(1));
        try (var client = connect(host, port, source, options.get("ca-file"))) {
            run(client, source, options);
        }
    }

    private static void run(GlideClusterClient client, TokenSource source, Map<String, String> options) throws Exception {
        System.out.println("signed in: " + client.ping().get());

        client.updateConnectionPassword(source.token(), false).get();
        System.out.println("after the lazy update: " + client.ping().get());

        client.updateConnectionPassword(source.token(), true).get();
        System.out.println("after the immediate update: " + client.ping().get());

        try (var keeper = new Keeper(client, source, seconds(options, "refresh", 300), seconds(options, "reauth", 6 * 3600))) {
            Thread.sleep(seconds(options, "keep", 60).toMillis()); // here the program does its work
        }
        System.out.println("at the end: " + client.ping().get());
    }

    /** Returns a client in cluster mode, which every serverless cache and every MemoryDB cluster is in. */
    private static GlideClusterClient connect(String host, int port, TokenSource source, String caFile)
            throws IOException, ExecutionException, InterruptedException {
        var advanced = AdvancedGlideClusterClientConfiguration.builder().connectionTimeout(5000);
        if (caFile != null) {
            var roots = Files.readAllBytes(Path.of(caFile));
            advanced.tlsAdvancedConfiguration(TlsAdvancedConfiguration.builder().rootCertificates(roots).build());
        }
        var configuration =
                GlideClusterClientConfiguration.builder()
                        .address(NodeAddress.builder().host(host).port(port).build())
                        .useTLS(true)
                        .credentials(ServerCredentials.builder().username(source.user).password(source.token()).build())
                        .requestTimeout(2000) // the cache asks IAM when a client signs in; GLIDE's 250 ms are short for that
                        .advancedConfiguration(advanced.build())
                        .build();
        return GlideClusterClient.createClient(configuration).get();
    }

    /** Reads {@code --option value}; what is no option goes into rest. */
    private static Map<String, String> parse(String[] args, List<String> rest) {
        var options = new HashMap<String, String>();
        for (int i = 0; i < args.length; i++) {
            if (args[i].startsWith("--") && i + 1 < args.length) {
                options.put(args[i].substring(2), args[++i]);
            } else {
                rest.add(args[i]);
            }
        }
        if (rest.size() != 2 || !options.keySet().containsAll(List.of("name", "user", "region"))) {
            throw new IllegalArgumentException("want HOST PORT --name NAME --user USER --region REGION");
        }
        return options;
    }

    private static Duration seconds(Map<String, String> options, String name, double otherwise) {
        var text = options.get(name);
        return Duration.ofMillis((long) (1000 * (text == null ? otherwise : Double.parseDouble(text))));
    }
}

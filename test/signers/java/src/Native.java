import glide.api.GlideClient;
import glide.api.GlideClusterClient;
import glide.api.models.configuration.AdvancedGlideClientConfiguration;
import glide.api.models.configuration.AdvancedGlideClusterClientConfiguration;
import glide.api.models.configuration.GlideClientConfiguration;
import glide.api.models.configuration.GlideClusterClientConfiguration;
import glide.api.models.configuration.IamAuthConfig;
import glide.api.models.configuration.NodeAddress;
import glide.api.models.configuration.ServerCredentials;
import glide.api.models.configuration.ServiceType;
import glide.api.models.configuration.TlsAdvancedConfiguration;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Connects with Valkey GLIDE's own IAM mode, in which the client signs. A line "MODE SERVICE NAME USER REGION PORT CA_FILE" in,
 * "> PONG" or "> " and the error out. GLIDE's own log goes there too.
 */
public final class Native {
    private static final int TIMEOUT_MS = 5000;

    public static void main(String[] args) throws Exception {
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null; ) {
            System.out.println("> " + answer(line.split(" ")).replaceAll("\\s+", " "));
        }
    }

    private static String answer(String[] w) {
        try {
            var iam =
                    IamAuthConfig.builder()
                            .service(w[1].equals("memorydb") ? ServiceType.MEMORYDB : ServiceType.ELASTICACHE)
                            .clusterName(w[2])
                            .region(w[4])
                            .build();
            var credentials = ServerCredentials.builder().username(w[3]).iamConfig(iam).build();
            var address = NodeAddress.builder().host("localhost").port(Integer.parseInt(w[5])).build();
            var trust = TlsAdvancedConfiguration.builder().rootCertificates(Files.readAllBytes(Path.of(w[6]))).build();
            return w[0].equals("cluster") ? cluster(address, credentials, trust) : standalone(address, credentials, trust);
        } catch (Exception e) {
            return e.toString();
        }
    }

    private static String cluster(NodeAddress address, ServerCredentials credentials, TlsAdvancedConfiguration trust) throws Exception {
        var advanced =
                AdvancedGlideClusterClientConfiguration.builder()
                        .connectionTimeout(TIMEOUT_MS)
                        .tlsAdvancedConfiguration(trust)
                        .build();
        var configuration =
                GlideClusterClientConfiguration.builder()
                        .address(address)
                        .useTLS(true)
                        .credentials(credentials)
                        .requestTimeout(TIMEOUT_MS)
                        .advancedConfiguration(advanced)
                        .build();
        try (var client = GlideClusterClient.createClient(configuration).get()) {
            return client.ping().get();
        }
    }

    private static String standalone(NodeAddress address, ServerCredentials credentials, TlsAdvancedConfiguration trust) throws Exception {
        var advanced =
                AdvancedGlideClientConfiguration.builder()
                        .connectionTimeout(TIMEOUT_MS)
                        .tlsAdvancedConfiguration(trust)
                        .build();
        var configuration =
                GlideClientConfiguration.builder()
                        .address(address)
                        .useTLS(true)
                        .credentials(credentials)
                        .requestTimeout(TIMEOUT_MS)
                        .advancedConfiguration(advanced)
                        .build();
        try (var client = GlideClient.createClient(configuration).get()) {
            return client.ping().get();
        }
    }
}

import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4FamilyHttpSigner.AuthLocation;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;

/**
 * Signs tokens for one user of one cache. A token lives for 15 minutes, or until the credentials that signed it end, if that is
 * sooner. Signing takes a millisecond and asks nobody, so there is no reason to keep one.
 */
final class TokenSource {
    private static final Duration LIFE = Duration.ofMinutes(15);

    private final AwsV4HttpSigner signer = AwsV4HttpSigner.create();
    private final AwsCredentialsProvider credentials;
    private final String service;
    private final String region;
    private final SdkHttpRequest request;
    final String user;

    /**
     * @param service elasticache or memorydb
     * @param name the replication group id, the serverless cache's name or the MemoryDB cluster's name, never the endpoint
     */
    TokenSource(AwsCredentialsProvider credentials, String service, String name, String user, String region, boolean serverless) {
        this.credentials = credentials;
        this.service = service;
        this.region = region;
        this.user = user.toLowerCase(Locale.ROOT);
        var builder =
                SdkHttpRequest.builder()
                        .method(SdkHttpMethod.GET)
                        .uri(URI.create("https://" + name.toLowerCase(Locale.ROOT) + "/"))
                        .appendRawQueryParameter("Action", "connect")
                        .appendRawQueryParameter("User", this.user);
        if (serverless) {
            builder.appendRawQueryParameter("ResourceType", "ServerlessCache");
        }
        this.request = builder.build();
    }

    String token() {
        var signed =
                signer.sign(
                        r ->
                                r.identity(credentials.resolveCredentials())
                                        .request(request)
                                        .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, service)
                                        .putProperty(AwsV4HttpSigner.REGION_NAME, region)
                                        .putProperty(AwsV4HttpSigner.AUTH_LOCATION, AuthLocation.QUERY_STRING)
                                        .putProperty(AwsV4HttpSigner.EXPIRATION_DURATION, LIFE));
        return signed.request().getUri().toString().substring("https://".length());
    }
}

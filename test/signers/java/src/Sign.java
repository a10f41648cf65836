import com.amazonaws.DefaultRequest;
import com.amazonaws.auth.AWS4Signer;
import com.amazonaws.auth.DefaultAWSCredentialsProviderChain;
import com.amazonaws.http.HttpMethodName;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider;
import software.amazon.awssdk.auth.signer.Aws4Signer;
import software.amazon.awssdk.auth.signer.params.Aws4PresignerParams;
import software.amazon.awssdk.http.SdkHttpFullRequest;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4FamilyHttpSigner.AuthLocation;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.regions.Region;

/**
 * Signs tokens with the AWS SDKs for Java: version 1 the way that the documentation of Valkey GLIDE shows, version 2 with its older
 * and its newer signer. A line "SIGNER SERVICE NAME USER REGION KIND" in, "> TOKEN" out.
 */
public final class Sign {
    private static final Duration LIFE = Duration.ofSeconds(900);

    public static void main(String[] args) throws IOException {
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null; ) {
            String[] w = line.split(" ");
            System.out.println("> " + new Sign(w[1], w[2], w[3], w[4], w[5].equals("serverless")).token(w[0]));
        }
    }

    private final String service;
    private final String name;
    private final String user;
    private final String region;
    private final boolean serverless;

    private Sign(String service, String name, String user, String region, boolean serverless) {
        this.service = service;
        this.name = name;
        this.user = user;
        this.region = region;
        this.serverless = serverless;
    }

    private String token(String signer) {
        switch (signer) {
            case "java-v1":
                return version1();
            case "java-v2-Aws4Signer":
                return aws4Signer();
            case "java-v2-AwsV4HttpSigner":
                return awsV4HttpSigner();
            default:
                throw new IllegalArgumentException("no signer " + signer);
        }
    }

    private String version1() {
        var request = new DefaultRequest<Void>(service);
        request.setHttpMethod(HttpMethodName.GET);
        request.setEndpoint(URI.create("https://" + name + "/"));
        request.addParameter("Action", "connect");
        request.addParameter("User", user);
        if (serverless) {
            request.addParameter("ResourceType", "ServerlessCache");
        }
        var signer = new AWS4Signer();
        signer.setRegionName(region);
        signer.setServiceName(service);
        signer.presignRequest(
                request,
                DefaultAWSCredentialsProviderChain.getInstance().getCredentials(),
                Date.from(java.time.Instant.now().plus(LIFE)));
        List<String> pairs = new ArrayList<>();
        request.getParameters().forEach((key, values) -> pairs.add(encode(key) + "=" + encode(values.get(0))));
        return name + "/?" + String.join("&", pairs);
    }

    private static String encode(String s) {
        return URLEncoder.encode(s, StandardCharsets.UTF_8).replace("+", "%20");
    }

    @SuppressWarnings("deprecation") // it is what many programs have
    private String aws4Signer() {
        var params =
                Aws4PresignerParams.builder()
                        .awsCredentials(credentials())
                        .signingName(service)
                        .signingRegion(Region.of(region))
                        .expirationTime(java.time.Instant.now().plus(LIFE))
                        .build();
        return withoutScheme(Aws4Signer.create().presign((SdkHttpFullRequest) request(SdkHttpFullRequest.builder()), params));
    }

    private String awsV4HttpSigner() {
        var signed =
                AwsV4HttpSigner.create()
                        .sign(
                                r ->
                                        r.identity(credentials())
                                                .request(request(SdkHttpRequest.builder()))
                                                .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, service)
                                                .putProperty(AwsV4HttpSigner.REGION_NAME, region)
                                                .putProperty(AwsV4HttpSigner.AUTH_LOCATION, AuthLocation.QUERY_STRING)
                                                .putProperty(AwsV4HttpSigner.EXPIRATION_DURATION, LIFE));
        return withoutScheme(signed.request());
    }

    private SdkHttpRequest request(SdkHttpRequest.Builder builder) {
        builder.method(SdkHttpMethod.GET)
                .uri(URI.create("https://" + name + "/"))
                .appendRawQueryParameter("Action", "connect")
                .appendRawQueryParameter("User", user);
        if (serverless) {
            builder.appendRawQueryParameter("ResourceType", "ServerlessCache");
        }
        return builder.build();
    }

    private static AwsCredentials credentials() {
        return EnvironmentVariableCredentialsProvider.create().resolveCredentials();
    }

    private static String withoutScheme(SdkHttpRequest signed) {
        return signed.getUri().toString().replaceFirst("^https://", "");
    }
}

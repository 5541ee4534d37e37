import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLHandshakeException;

/**
 * Asks which micro-grid a point is in, with nothing but Java 8.
 *
 * <pre>MICROGRID_KEY=mg_… java Locate.java https://grid.example.gov.cn 119.18 32.27 EPSG:4490 household</pre>
 *
 * It prints the code to store, the reason and the generation, or "-" where no grid answers.
 */
public class Locate {
    static final int TIMEOUT_MS = 10_000;
    static final int RETRIES = 4;
    static final long LONGEST_WAIT_MS = 60_000;

    private static final Pattern RESPONSIBLE =
            Pattern.compile("\"responsible\":\\{\"code\":\"([^\"]+)\",\"reason\":\"([^\"]+)\"\\}");
    private static final Pattern GENERATION = Pattern.compile("^\\{\"generation\":(\\d+)");

    /** What the service said. */
    static final class Answer {
        final int status;
        final String retryAfter;
        final String body;

        Answer(int status, String retryAfter, String body) {
            this.status = status;
            this.retryAfter = retryAfter;
            this.body = body;
        }
    }

    /** One question by POST, so that the point stands in no log of addresses; again after 429, 503 and lost connections. */
    static Answer ask(String baseUrl, String key, String json) throws IOException, InterruptedException {
        for (int attempt = 0; ; attempt++) {
            long waitMs = 0;
            try {
                Answer answer = send(baseUrl, key, json);
                if (answer.status != 429 && answer.status != 503) {
                    return answer;
                }
                if (answer.retryAfter != null && answer.retryAfter.matches("\\d{1,6}")) {
                    waitMs = 1000 * Long.parseLong(answer.retryAfter);
                }
                if (attempt == RETRIES || waitMs > LONGEST_WAIT_MS) {
                    return answer;
                }
            } catch (SSLHandshakeException error) {
                throw error;
            } catch (IOException error) {
                if (attempt == RETRIES) {
                    throw error;
                }
            }
            long jitterMs = ThreadLocalRandom.current().nextLong(500L << attempt);
            Thread.sleep(Math.min(waitMs + jitterMs, LONGEST_WAIT_MS));
        }
    }

    private static Answer send(String baseUrl, String key, String json) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) new URL(baseUrl + "/v1/locate").openConnection();
        connection.setConnectTimeout(TIMEOUT_MS);
        connection.setReadTimeout(TIMEOUT_MS);
        // A redirect would carry the key to another host.
        connection.setInstanceFollowRedirects(false);
        connection.setRequestMethod("POST");
        connection.setDoOutput(true);
        connection.setRequestProperty("Content-Type", "application/json");
        if (key != null) {
            connection.setRequestProperty("X-API-Key", key);
        }
        try (OutputStream out = connection.getOutputStream()) {
            out.write(json.getBytes(StandardCharsets.UTF_8));
        }
        int status = connection.getResponseCode();
        InputStream in = status < 400 ? connection.getInputStream() : connection.getErrorStream();
        return new Answer(status, connection.getHeaderField("Retry-After"), in == null ? "" : readAll(in));
    }

    private static String readAll(InputStream in) throws IOException {
        try (InputStream stream = in) {
            ByteArrayOutputStream whole = new ByteArrayOutputStream();
            byte[] piece = new byte[8192];
            for (int count = stream.read(piece); count >= 0; count = stream.read(piece)) {
                whole.write(piece, 0, count);
            }
            return new String(whole.toByteArray(), StandardCharsets.UTF_8);
        }
    }

    public static void main(String[] given) throws Exception {
        if (given.length < 4) {
            System.err.println("java Locate.java URL X Y CRS [household|shop]");
            System.exit(2);
        }
        String crs = given[3].replaceAll("[\"\\\\]", "");
        String purpose = given.length > 4 ? ",\"for\":\"" + given[4].replaceAll("[\"\\\\]", "") + "\"" : "";
        String json = "{\"x\":" + Double.parseDouble(given[1]) + ",\"y\":" + Double.parseDouble(given[2])
                + ",\"crs\":\"" + crs + "\"" + purpose + "}";
        Answer answer = ask(given[0].replaceAll("/+$", ""), System.getenv("MICROGRID_KEY"), json);
        if (answer.status != 200) {
            System.err.println(answer.status + " " + answer.body);
            System.exit(1);
        }
        // Enough for two members; use the JSON library of your project for more.
        Matcher generation = GENERATION.matcher(answer.body);
        Matcher responsible = RESPONSIBLE.matcher(answer.body);
        String code = responsible.find() ? responsible.group(1) + " " + responsible.group(2) : "- -";
        System.out.println(code + " " + (generation.find() ? generation.group(1) : "-"));
    }
}

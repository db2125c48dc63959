import commonplace.ApiException;
import commonplace.ApiClient;
import commonplace.model.Problem;
import java.util.Objects;

/** Where the server is, what this run's users are called, and what every scenario does. */
final class Steps {
    record User(String username, String password) {}

    interface Call<T> {
        T run() throws ApiException;
    }

    final String origin;
    final User alice;
    final User bob;

    Steps(String... arguments) {
        origin = arguments[0];
        alice = new User("alice-" + arguments[1], "a quiet place to write");
        bob = new User("bob-" + arguments[1], "somewhere else entirely");
    }

    ApiClient anyone() {
        var client = new ApiClient();
        client.updateBaseUri(origin + "/api/v2");
        return client;
    }

    ApiClient signedIn(String token) {
        return anyone().setRequestInterceptor(request -> request.setHeader("Authorization", "Bearer " + token));
    }

    /** Says that a step is done. The run is red when one was not said. */
    static void done(String step) {
        System.out.println("ok " + step);
    }

    static void same(Object actual, Object expected) {
        if (!Objects.equals(actual, expected)) throw new AssertionError(actual + " is not " + expected);
    }

    static Problem refused(Call<?> call, int status, String code) throws Exception {
        try {
            throw new AssertionError(call.run() + " is no refusal");
        } catch (ApiException refusal) {
            same(refusal.getCode(), status);
            var mapper = ApiClient.createDefaultObjectMapper();
            var problem = mapper.readValue(refusal.getResponseBody(), Problem.class);
            same(problem.getCode(), code);
            return problem;
        }
    }
}

package fanfare.publisher.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import fanfare.broker.Durability;
import fanfare.http.Problem;
import fanfare.http.ProblemException;
import fanfare.publisher.json.JsonBody;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BatchRequestTest {
    private static final PublishRequest.Defaults DEFAULTS =
            new PublishRequest.Defaults(600, Durability.MASTER, 90, () -> "made");
    private static final String GOOD = "{'to':{'user':'1'},'namespace':'/a','event':'e','data':1}";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "publications[1] | null",
                "publications[1] | 7",
                "publications[1] | 'x'",
                "publications[1] | []",
                "publications[1] | [{'a':[1,{}]},[[]]]",
                "publications[1].to | {}",
                "publications[1].to | {'to':{}}",
                "publications[1].to | {'to':[{'a':{}},[]],'data':{'x':[1]}}",
                "publications[1].to | {'to':{'user':'1','users':['2']},'event':[{}]}",
                "publications[1].to.users[1] | {'to':{'users':['1',{'a':[]},'2']},'event':'e'}",
                "publications[1].to.user | {'to':{'user':'1','user':{'a':[]}},'event':'e'}",
                "publications[1].event | {'event':['e'],'to':{'user':'1'}}",
                "publications[1].namespace | {'namespace':'/a','namespace':[[1]],'to':{'user':'1'}}",
                "publications[1].data | {'to':{'user':'1'},'namespace':'/a','event':'e'}",
                "publications[1].ttl | {'ttl':1e9,'data':{'to':[]}}"
            })
    void aRefusedOneIsNamedAndThoseAroundItAreRead(String field, String element) {
        List<Future<PublishRequest>> publications =
                parse(GOOD + "," + element + "," + GOOD).publications();
        assertThat(publications).extracting(Future::succeeded).containsExactly(true, false, true);
        assertThat(publications.get(1).cause()).isInstanceOfSatisfying(ProblemException.class, refusal -> assertThat(
                        refusal.toJson().getString("field"))
                .isEqualTo(field));
    }

    @Test
    void dataThatIsTooLongKeepsNobodyElseFromBeingRead() {
        String large = GOOD.replace("1}", "['" + "x".repeat(PublishRequest.DATA_BYTES_MAX) + "']}");
        List<Future<PublishRequest>> publications = parse(large + "," + GOOD).publications();
        assertThat(publications).extracting(Future::succeeded).containsExactly(false, true);
        assertThat(publications.get(0).cause()).isInstanceOfSatisfying(ProblemException.class, refusal -> {
            assertThat(refusal.problem()).isEqualTo(Problem.TOO_LARGE);
            assertThat(refusal.toJson().getString("field")).isEqualTo("publications[0].data");
        });
    }

    @Test
    void whoGaveNoIdGetsThatOfTheBatchAndItsPlace() {
        BatchRequest batch = parse("7," + GOOD + "," + GOOD.replace("{'to'", "{'id':'x','to'") + "," + GOOD);
        assertThat(batch.id()).isEqualTo("made");
        assertThat(batch.publications().subList(1, 4))
                .extracting(each -> each.result().publication().id())
                .containsExactly("made-1", "x", "made-3");
    }

    @Test
    void theHighestDurabilityIsTheBatchs() {
        String replicated = GOOD.replace("{'to'", "{'durability':'replicated','to'");
        assertThat(parse(GOOD + ",7").durability()).isEqualTo(Durability.MASTER);
        assertThat(parse(GOOD + "," + replicated + ",7").durability()).isEqualTo(Durability.REPLICATED);
    }

    @Test
    void aThousandAreTakenAndOneMoreIsNot() {
        assertThat(parse("").publications()).isEmpty();
        assertThat(parse(times(1_000, GOOD)).publications()).hasSize(1_000);
        assertThat(field(times(1_001, GOOD))).isEqualTo("publications");
        assertThat(field(times(1_001, "7"))).isEqualTo("publications");
    }

    @Test
    void theChannelsOfAllAreBounded() {
        String users = IntStream.range(0, 1_000).mapToObj(i -> "'u" + i + "'").collect(Collectors.joining(","));
        String many = GOOD.replace("'user':'1'", "'users':[" + users + "]");
        assertThat(parse(times(20, many)).publications()).hasSize(20);
        assertThat(field(times(20, many) + "," + GOOD)).isEqualTo("publications");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'publications':[" + GOOD,
                "{'publications':[" + GOOD + ",{]}",
                "{'publications':[" + GOOD + ",{'to':{'user':7}",
                "{'publications':[" + GOOD + ",{'to':7,x}]}",
                "{'publications':[" + GOOD + "]",
                "{'publications':[" + GOOD + "]}}",
                "[" + GOOD + "]"
            })
    void whatIsNoJsonIsRefusedAsAWhole(String body) {
        assertThat(refusal(body).toJson().getString("field")).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"{}", "{'publications':{}}", "{'publications':null}", "{'publications':[],'publications':[]}"})
    void whatIsNoListOfPublicationsIsRefused(String body) {
        assertThat(refusal(body).toJson().getString("field")).isEqualTo("publications");
    }

    private static String times(int count, String element) {
        return String.join(",", Collections.nCopies(count, element));
    }

    private static BatchRequest parse(String elements) {
        return parseBody("{'publications':[" + elements + "]}");
    }

    private static BatchRequest parseBody(String body) {
        return BatchRequest.parse(JsonBody.of(Buffer.buffer(body.replace('\'', '"'))), DEFAULTS);
    }

    private static String field(String elements) {
        return refusal("{'publications':[" + elements + "]}").toJson().getString("field");
    }

    private static ProblemException refusal(String body) {
        return catchThrowableOfType(ProblemException.class, () -> parseBody(body));
    }
}

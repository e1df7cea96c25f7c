package fanfare.publisher.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import fanfare.broker.Durability;
import fanfare.channel.Channel;
import fanfare.http.Problem;
import fanfare.http.ProblemException;
import fanfare.publisher.json.JsonBody;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PublishRequestTest {
    private static final PublishRequest.Defaults DEFAULTS =
            new PublishRequest.Defaults(600, Durability.MASTER, 90, () -> "made");

    private static final String LEAST = "'to':{'user':'42'},'namespace':'/a','event':'e','data':1";

    @Test
    void aMinimalBodyGetsTheDefaults() {
        PublishRequest request = parse(body("'to':{'user':'42'},'namespace':'/a','event':'e','data':{'x':1}"));
        assertThat(request.to()).isEqualTo(new Target(List.of(Channel.user("42")), false));
        assertThat(request.publication().id()).isEqualTo("made");
        assertThat(request.publication().namespace()).isEqualTo("/a");
        assertThat(request.publication().event()).isEqualTo("e");
        assertThat(request.publication().data()).isEqualTo("{\"x\":1}");
        assertThat(request.publication().ttlSeconds()).isEqualTo(600);
        assertThat(request.durability()).isEqualTo(Durability.MASTER);
        assertThat(request.publication().receiptSeconds()).isZero();
    }

    @Test
    void aReceiptIsAskedForByTrueAlone() {
        assertThat(parse(body(LEAST + ",'receipt':true")).publication().receiptSeconds())
                .isEqualTo(90);
        assertThat(parse(body(LEAST + ",'receipt':false")).publication().receiptSeconds())
                .isZero();
        for (String other : List.of("1", "'true'", "null", "{}", "[true]")) {
            assertThat(refusal(body(LEAST + ",'receipt':" + other)).toJson().getString("field"))
                    .as(other)
                    .isEqualTo("receipt");
        }
    }

    @Test
    void aFullBodyIsTakenInAnyOrderOfItsFields() {
        PublishRequest request = parse(body("'durability':'replicated','ttl':600,'id':'the id','data':null,'event':'é',"
                + "'namespace':'ns','to':{'topic':'news'}"));
        assertThat(request.to().channels()).containsExactly(Channel.topic("news"));
        assertThat(request.publication().id()).isEqualTo("the id");
        assertThat(request.publication().event()).isEqualTo("é");
        assertThat(request.publication().data()).isEqualTo("null");
        assertThat(request.durability()).isEqualTo(Durability.REPLICATED);
    }

    @Test
    void severalUsersKeepTheirOrderAndARepeatedOneCountsOnce() {
        PublishRequest request = parse(to("{'users':['b','a','b']}"));
        assertThat(request.to().channels()).containsExactly(Channel.user("b"), Channel.user("a"));
        assertThat(request.to().several()).isTrue();
        assertThat(parse(to("{'users':['a']}")).to().several()).isTrue();
    }

    @Test
    void aThousandUsersAreTakenAndOneMoreIsNot() {
        String thousand = users(1_000);
        assertThat(parse(to("{'users':[" + thousand + ",'u0']}")).to().channels())
                .hasSize(1_000);
        assertThat(refusal(to("{'users':[" + thousand + ",'other']}")).toJson().getString("field"))
                .isEqualTo("to.users");
    }

    @Test
    void broadcastIsAChannelOfItsOwn() {
        assertThat(parse(to("{'broadcast':true}")).to().channels()).containsExactly(Channel.BROADCAST);
    }

    @Test
    void unknownFieldsAreIgnoredAndTold() {
        JsonBody json =
                JsonBody.of(body("'to':{'user':'1','x':[{}]},'namespace':'/a','event':'e','data':1,'y':{'to':3}"));
        assertThat(PublishRequest.parse(json, DEFAULTS).to().channels()).containsExactly(Channel.user("1"));
        assertThat(json.unknown()).containsExactly("to.x", "y");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1.0",
                "1e400",
                "-0",
                "12345678901234567890.10",
                "0.1E+2",
                "\"\\u00e4\\/\\\"\\\\\"",
                "\"\\ud800\"",
                "\"\\udc00\\ud800\"",
                "\"a b\\tc  \"",
                "\"\u2028 \u00a0 😀\"",
                "{\"a\":[1,{\"a\":\"b c\"}],\"a\":2}",
                "[]",
                "true",
                "null",
                "\"\""
            })
    void dataIsHandedOnAsItStands(String data) {
        assertThat(parse(withData(data)).publication().data()).isEqualTo(data);
        assertThat(parse(withData(" \n" + data + "\t\r ")).publication().data()).isEqualTo(data);
    }

    @Test
    void onlyWhiteSpaceOutsideStringsGoesAway() {
        assertThat(parse(withData("{ \"a b\" :\t[ 1.00 ,\r\n \"c\\\" d\" ] , \"\\\\\" : \" \" }"))
                        .publication()
                        .data())
                .isEqualTo("{\"a b\":[1.00,\"c\\\" d\"],\"\\\\\":\" \"}");
    }

    @Test
    void dataMayHave65536BytesAsSentAndNotOneMore() {
        int most = PublishRequest.DATA_BYTES_MAX;
        for (String filler : new String[] {"x", "1", " "}) {
            assertThat(parse(withData(sized(filler, most))).publication().data())
                    .isNotEmpty();
            ProblemException refusal = refusal(withData(sized(filler, most + 1)));
            assertThat(refusal.problem()).isEqualTo(Problem.TOO_LARGE);
            assertThat(refusal.toJson().getString("field")).isEqualTo("data");
        }
        String umlauts = "\"" + "ä".repeat((most - 2) / 2) + "\"";
        assertThat(parse(withData(umlauts)).publication().data()).isEqualTo(umlauts);
        String faces = "[\"" + "😀".repeat((most - 4) / 4) + "\"]";
        assertThat(parse(withData(faces)).publication().data()).isEqualTo(faces);
        assertThat(refusal(withData(faces.replace("[", "[ "))).problem()).isEqualTo(Problem.TOO_LARGE);
        // The white space around the value is not part of it.
        assertThat(parse(withData(" ".repeat(100) + umlauts + " "))
                        .publication()
                        .data())
                .isEqualTo(umlauts);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "to | 'namespace':'/a','event':'e','data':1",
                "namespace | 'to':{'user':'1'},'event':'e','data':1",
                "event | 'to':{'user':'1'},'namespace':'/a','data':1",
                "data | 'to':{'user':'1'},'namespace':'/a','event':'e'",
                "to | 'to':'1'",
                "to | 'to':null",
                "to | 'to':{}",
                "to | 'to':{'usr':'1'}",
                "to | 'to':{'user':'1','users':['2']}",
                "to | 'to':{'broadcast':true,'topic':'x'}",
                "to | 'to':{'user':'1'},'to':{'user':'2'}",
                "to.user | 'to':{'user':'1','user':'2'}",
                "to.user | 'to':{'user':42}",
                "to.user | 'to':{'user':''}",
                "to.user | 'to':{'user':'a b'}",
                "to.user | 'to':{'user':'ä'}",
                "to.user | 'to':{'user':'a\\u0000'}",
                "to.user | 'to':{'user':['1']}",
                "to.users | 'to':{'users':'1'}",
                "to.users | 'to':{'users':[]}",
                "to.users[0] | 'to':{'users':[1]}",
                "to.users[3] | 'to':{'users':['1','2','3','']}",
                "to.users[1] | 'to':{'users':['1',['2']]}",
                "to.broadcast | 'to':{'broadcast':false}",
                "to.broadcast | 'to':{'broadcast':'true'}",
                "to.topic | 'to':{'topic':'a b'}",
                "to.topic | 'to':{'topic':null}",
                "namespace | 'namespace':''",
                "namespace | 'namespace':7",
                "namespace | 'namespace':'/a,/b'",
                "namespace | 'namespace':'/a\\n'",
                "namespace | 'namespace':'\\ud800'",
                "namespace | 'namespace':'/a','namespace':'/a'",
                "event | 'event':''",
                "event | 'event':{}",
                "event | 'event':'\\u007f'",
                "id | 'id':''",
                "id | 'id':7",
                "id | 'id':null",
                "id | 'id':'ä'",
                "ttl | 'ttl':0",
                "ttl | 'ttl':-1",
                "ttl | 'ttl':601",
                "ttl | 'ttl':1.0",
                "ttl | 'ttl':'60'",
                "ttl | 'ttl':1e2",
                "ttl | 'ttl':99999999999999999999999999999999",
                "durability | 'durability':'best'",
                "durability | 'durability':true",
                "data | 'data':1,'data':1"
            })
    void everyRefusalNamesTheField(String field, String fields) {
        ProblemException refusal = refusal(body(fields));
        assertThat(refusal.problem()).isEqualTo(Problem.INVALID);
        assertThat(refusal.toJson().getString("field")).isEqualTo(field);
    }

    @Test
    void theLongestLabelsAndIdsAreTakenAndNoLongerOnes() {
        String label = "😀".repeat(256);
        String id = "~".repeat(128);
        PublishRequest longest = parse(body("'to':{'user':'" + id + "'},'namespace':'" + label + "','event':'" + label
                + "','id':'" + id + "','data':1"));
        assertThat(longest.publication().namespace()).isEqualTo(label);
        assertThat(field(body("'to':{'user':'" + id + "x'}"))).isEqualTo("to.user");
        assertThat(field(body("'namespace':'" + label + "x'"))).isEqualTo("namespace");
        assertThat(field(body("'event':'" + label + "x'"))).isEqualTo("event");
        assertThat(field(body("'id':'" + id + "x'"))).isEqualTo("id");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "[]",
                "'{}'",
                "null",
                "{}{}",
                "{} x",
                "{'to':}",
                "{'to':{'user':'1'},}",
                "{to:1}",
                "{'data':01}",
                "{'data':+1}",
                "{'data':.5}",
                "{'data':NaN}",
                "{'data':1x}",
                "{'data':'\t'}",
                "{'data':'\\x'}",
                "{'data':'\\u12g4'}",
                "{'data':[1,]}",
                "{'data':[1}",
                "{'data':{'a'}}",
                "{'data':tru}",
                "{'data':1/*c*/}",
                "{'data':1",
                "\ufeff{}"
            })
    void whatIsNoJsonObjectIsRefused(String body) {
        ProblemException refusal = refusal(Buffer.buffer(body.replace('\'', '"')));
        assertThat(refusal.problem()).isEqualTo(Problem.INVALID);
        assertThat(refusal.toJson().containsKey("field")).isFalse();
    }

    @Test
    void whatIsNoUtf8IsRefused() {
        byte[][] broken = {
            {(byte) 0xff}, {(byte) 0xc0, (byte) 0x80}, {(byte) 0xed, (byte) 0xa0, (byte) 0x80}, {(byte) 0xc3}
        };
        for (byte[] bytes : broken) {
            Buffer body = Buffer.buffer("{\"data\":\"").appendBytes(bytes).appendString("\"}");
            assertThat(refusal(body).getMessage()).contains("UTF-8");
        }
        assertThatThrownBy(() -> JsonBody.of(null)).isInstanceOf(ProblemException.class);
    }

    @Test
    void nestingIsBounded() {
        String deep = "[".repeat(999) + "]".repeat(999);
        assertThat(parse(withData(deep)).publication().data()).isEqualTo(deep);
        assertThat(refusal(withData("[" + deep + "]")).problem()).isEqualTo(Problem.INVALID);
        assertThat(refusal(body("'x':" + "[".repeat(1_000_000))).problem()).isEqualTo(Problem.INVALID);
    }

    private static String users(int count) {
        return IntStream.range(0, count).mapToObj(i -> "'u" + i + "'").collect(Collectors.joining(","));
    }

    private static String sized(String filler, int bytes) {
        return switch (filler) {
            case "x" -> "\"" + "x".repeat(bytes - 2) + "\"";
            case "1" -> "1".repeat(bytes);
            default -> "[" + " ".repeat(bytes - 2) + "]";
        };
    }

    private static Buffer to(String to) {
        return body("'to':" + to + ",'namespace':'/a','event':'e','data':1");
    }

    private static Buffer withData(String data) {
        return Buffer.buffer("{\"to\":{\"user\":\"1\"},\"namespace\":\"/a\",\"data\":" + data + ",\"event\":\"e\"}");
    }

    private static Buffer body(String fields) {
        return Buffer.buffer("{" + fields.replace('\'', '"') + "}");
    }

    private static PublishRequest parse(Buffer body) {
        return PublishRequest.parse(JsonBody.of(body), DEFAULTS);
    }

    private static ProblemException refusal(Buffer body) {
        return catchThrowableOfType(ProblemException.class, () -> parse(body));
    }

    private static String field(Buffer body) {
        return refusal(body).toJson().getString("field");
    }
}

package fanfare.publisher.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import fanfare.http.Problem;
import fanfare.http.ProblemException;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The JSON object in a request's body, read once from start to end. Every refusal names the field by its path, such as
 * {@code to.users[3]}. What nobody asked for is skipped and remembered, see {@link #unknown}.
 */
public final class JsonBody {
    /** What every body may have at most, of all requests [bytes]. */
    public static final int BYTES_MAX = 8 << 20;
    /** Levels of nesting, the body's own among them. */
    static final int DEPTH_MAX = 1_000;
    /** Unknown fields that are remembered of one body. */
    private static final int UNKNOWN_MAX = 10;

    private static final int DETAIL_LENGTH_MAX = 200;

    private static final JsonFactory JSON = new JsonFactoryBuilder()
            // A cache of names would be filled by whoever sends ever new ones.
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DEPTH_MAX)
                    .maxNumberLength(BYTES_MAX)
                    .maxStringLength(BYTES_MAX)
                    .maxNameLength(BYTES_MAX)
                    .build())
            .build();

    /** Reads the fields of one object. */
    public interface Fields {
        /**
         * Reads the value of the field with the method of {@link JsonBody} that fits it.
         *
         * @param path the field's path, to refuse it by
         * @return false, without having read anything, if there is no such field
         */
        boolean read(String name, String path);
    }

    private final char[] text;
    private final JsonParser parser;
    private final List<String> unknown = new ArrayList<>();
    /** The text turned out to be no JSON; there is no reading on. */
    private boolean broken;

    private JsonBody(char[] text) {
        this.text = text;
        try {
            this.parser = JSON.createParser(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Opens a body, null if there was none, for {@link #read}. */
    public static JsonBody of(@Nullable Buffer body) {
        return new JsonBody(decoded(body));
    }

    /** Reads the whole body, which must be one object. */
    public void read(Fields fields) {
        if (next() != JsonToken.START_OBJECT) {
            throw Problem.INVALID.because("the body must be a JSON object");
        }
        object("", fields);
        if (next() != null) {
            throw Problem.INVALID.because("the body goes on behind its JSON object");
        }
    }

    /** Paths of the first fields that nobody asked for. */
    public List<String> unknown() {
        return unknown;
    }

    /** Reads an object; a field that is read twice is refused. */
    public void object(String path, Fields fields) {
        expect(JsonToken.START_OBJECT, path, "an object");
        Set<String> read = new HashSet<>();
        while (next() != JsonToken.END_OBJECT) {
            String name = name();
            String child = child(path, name);
            next();
            if (read.contains(name)) {
                throw Problem.INVALID.of(child, "stands there twice");
            }
            if (fields.read(name, child)) {
                read.add(name);
            } else {
                if (unknown.size() < UNKNOWN_MAX) {
                    unknown.add(child);
                }
                skip();
            }
        }
    }

    /** The path of a field of the object at {@code path}, which is empty for the body itself. */
    public static String child(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    public String text(String path) {
        expect(JsonToken.VALUE_STRING, path, "a string");
        try {
            return parser.getText();
        } catch (IOException e) {
            throw malformed(e);
        }
    }

    /** Reads a value that can only be {@code true}. */
    public void yes(String path) {
        expect(JsonToken.VALUE_TRUE, path, "true");
    }

    public boolean flag(String path) {
        boolean yes = parser.currentToken() == JsonToken.VALUE_TRUE;
        expect(yes ? JsonToken.VALUE_TRUE : JsonToken.VALUE_FALSE, path, "true or false");
        return yes;
    }

    public int whole(String path, int min, int max) {
        String rule = "a whole number from " + min + " to " + max;
        expect(JsonToken.VALUE_NUMBER_INT, path, rule);
        try {
            String digits = parser.getText();
            long value = digits.length() > 18 ? Long.MIN_VALUE : Long.parseLong(digits);
            if (value < min || value > max) {
                throw Problem.INVALID.of(path, "must be " + rule);
            }
            return (int) value;
        } catch (IOException e) {
            throw malformed(e);
        }
    }

    /** Reads an array; each element's path is handed to {@code element}, which reads it. */
    public void array(String path, Consumer<String> element) {
        expect(JsonToken.START_ARRAY, path, "an array");
        for (int i = 0; next() != JsonToken.END_ARRAY; i++) {
            element.accept(path + "[" + i + "]");
        }
    }

    /**
     * Reads an array whose elements are judged each on its own: what a refused one has left is skipped.
     *
     * @param reader reads the element at a path
     * @param judged is handed each outcome; what it throws refuses the body
     */
    public <T> void judged(String path, Function<String, T> reader, Consumer<Future<T>> judged) {
        expect(JsonToken.START_ARRAY, path, "an array");
        JsonStreamContext array = parser.getParsingContext();
        for (int i = 0; next() != JsonToken.END_ARRAY; i++) {
            judged.accept(judge(path + "[" + i + "]", reader));
            while (parser.getParsingContext() != array) {
                next();
            }
        }
    }

    private <T> Future<T> judge(String path, Function<String, T> reader) {
        try {
            return Future.succeededFuture(reader.apply(path));
        } catch (ProblemException refusal) {
            if (broken) {
                throw refusal;
            }
            return Future.failedFuture(refusal);
        }
    }

    /**
     * Cuts any value out as it stands there, less the white space between its tokens. Numerals and escapes stay verbatim,
     * since a number that is read and written again may be another one.
     *
     * @param bytesMax how long it may be as sent, in UTF-8
     */
    public String verbatim(String path, int bytesMax) {
        int start = (int) parser.currentTokenLocation().getCharOffset();
        try {
            parser.finishToken();
            parser.skipChildren();
        } catch (IOException e) {
            throw malformed(e);
        }
        int end = (int) parser.currentLocation().getCharOffset();
        if (Json.utf8Length(text, start, end) > bytesMax) {
            throw Problem.TOO_LARGE.of(path, "must have at most " + bytesMax + " bytes");
        }
        return Json.compact(text, start, end);
    }

    private void skip() {
        try {
            parser.skipChildren();
        } catch (IOException e) {
            throw malformed(e);
        }
    }

    private void expect(JsonToken token, String path, String what) {
        if (parser.currentToken() != token) {
            throw Problem.INVALID.of(path, "must be " + what);
        }
    }

    private @Nullable JsonToken next() {
        try {
            return parser.nextToken();
        } catch (IOException e) {
            throw malformed(e);
        }
    }

    private String name() {
        try {
            return parser.currentName();
        } catch (IOException e) {
            throw malformed(e);
        }
    }

    private static char[] decoded(@Nullable Buffer body) {
        if (body == null || body.length() == 0) {
            throw Problem.INVALID.because("the body is empty");
        }
        try {
            CharBuffer characters = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body.getBytes()));
            char[] text = new char[characters.remaining()];
            characters.get(text);
            return text;
        } catch (CharacterCodingException e) {
            throw Problem.INVALID.because("the body is not UTF-8");
        }
    }

    private ProblemException malformed(IOException failure) {
        broken = true;
        if (failure instanceof StreamConstraintsException) {
            return Problem.INVALID.because("the body is nested deeper than " + DEPTH_MAX + " levels");
        }
        if (!(failure instanceof JsonProcessingException malformed)) {
            throw new UncheckedIOException(failure);
        }
        String reason = malformed.getOriginalMessage();
        return Problem.INVALID.because("the body is not JSON, at line %d, column %d: %s"
                .formatted(
                        malformed.getLocation().getLineNr(),
                        malformed.getLocation().getColumnNr(),
                        reason.substring(0, Math.min(reason.length(), DETAIL_LENGTH_MAX))));
    }
}

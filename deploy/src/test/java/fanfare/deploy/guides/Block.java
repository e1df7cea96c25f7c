package fanfare.deploy.guides;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A fenced block of a page.
 *
 * @param language the first word behind the fence; empty if there is none
 * @param argument the second word, which GitHub does not show; empty if there is none
 * @param where file and line of the fence
 */
record Block(String language, String argument, String text, String where) {
    private static final Pattern FENCED = Pattern.compile("(?ms)^```(\\S*)(?: (\\S+))?\\n(.*?)^```$");

    /** All blocks of a page in their order. */
    static List<Block> of(Path page) {
        String whole = read(page);
        return find(whole, page, 1);
    }

    /** The blocks below a heading whose text begins so, up to the next heading. */
    static List<Block> of(Path page, String heading) {
        String whole = read(page);
        int begin = whole.indexOf("\n## " + heading);
        if (begin < 0) {
            throw new IllegalArgumentException(page + " has no heading " + heading);
        }
        int end = whole.indexOf("\n## ", begin + 1);
        return find(whole.substring(begin, end < 0 ? whole.length() : end), page, lines(whole.substring(0, begin)));
    }

    private static List<Block> find(String text, Path page, int firstLine) {
        List<Block> blocks = new ArrayList<>();
        Matcher matcher = FENCED.matcher(text);
        while (matcher.find()) {
            String argument = matcher.group(2) == null ? "" : matcher.group(2);
            int line = firstLine - 1 + lines(text.substring(0, matcher.start()));
            blocks.add(new Block(matcher.group(1), argument, matcher.group(3), page.getFileName() + ":" + line));
        }
        return blocks;
    }

    /** The number of the line in which the text ends. */
    private static int lines(String text) {
        return text.split("\n", -1).length;
    }

    private static String read(Path page) {
        try {
            return Files.readString(page);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

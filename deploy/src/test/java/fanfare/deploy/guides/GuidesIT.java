package fanfare.deploy.guides;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import fanfare.deploy.browser.BrowserCluster;
import fanfare.testing.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever the guides tell the reader to type, save or open works as it is printed, and comes to what they say. */
@Timeout(180)
class GuidesIT {
    @RegisterExtension
    private static final BrowserCluster STAGE = BrowserCluster.of(2);

    @BeforeAll
    static void start() {
        assertThat(Program.path("php")).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"five-minutes", "why-not", "login-cookies"})
    void everyBlockWorksAsItIsPrinted(String guide, @TempDir Path folder) {
        try (Reader reader = new Reader(STAGE, folder)) {
            reader.read(Block.of(Path.of("guides", guide + ".md")));
        }
    }

    /** What is heard is text: pages are copied, and somebody else may have written it. */
    @ParameterizedTest
    @ValueSource(strings = {"guides/five-minutes.md", "guides/why-not.md", "guides/login-cookies.md", "../README.md"})
    void noPageTakesWhatItHearsForHtml(Path page) throws Exception {
        assertThat(Files.readString(page))
                .doesNotContain("insertAdjacentHTML", "innerHTML", "outerHTML", "document.write");
    }

    /** Or this would be no test. */
    @Test
    void whatIsWrongOrNeverTriedIsFound(@TempDir Path folder) {
        Block echo = new Block("sh", "", "echo two\n", "here:1");
        List<List<Block>> mistakes = List.of(
                List.of(new Block("ruby", "", "puts 1\n", "here:1")),
                List.of(new Block("", "", "curl\n", "here:1")),
                List.of(new Block("php", "unused.php", "<?php\n", "here:1")),
                List.of(echo, new Block("output", "", "three\n", "here:2")),
                List.of(echo, new Block("output", "", "t...\nthree\n", "here:2")),
                List.of(new Block("sh", "", "false | cat\n", "here:1")));
        for (List<Block> mistake : mistakes) {
            try (Reader reader = new Reader(STAGE, folder)) {
                assertThatThrownBy(() -> reader.read(mistake)).isInstanceOf(AssertionError.class);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"../README.md, Publish in five lines", "../publisher-api/README.md, Publish"})
    void theReadmesPublish(Path page, String heading, @TempDir Path folder) {
        try (Reader reader = new Reader(STAGE, folder)) {
            for (Block block : Block.of(page, heading)) {
                reader.read(List.of(block, new Block("output", "", "...\"position\":...", block.where())));
            }
        }
    }
}

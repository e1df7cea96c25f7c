package fanfare.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LogWriterTest {
    private static final String UNSPEAKABLE = "what has no words";

    /** Whoever reads the log, and does not before {@link #go}. */
    private static final class Reader extends OutputStream {
        private final ByteArrayOutputStream read = new ByteArrayOutputStream();
        private final CountDownLatch go = new CountDownLatch(1);

        @Override
        public void write(int one) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void write(byte[] bytes, int from, int count) throws IOException {
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            synchronized (this) {
                read.write(bytes, from, count);
            }
        }

        synchronized List<String> lines() {
            return read.toString(StandardCharsets.UTF_8).lines().toList();
        }
    }

    private final Reader reader = new Reader();
    private final AtomicLong dropped = new AtomicLong();
    private final LogWriter writer = new LogWriter(
            reader,
            new Formatter() {
                @Override
                public String format(LogRecord entry) {
                    if (entry.getMessage().equals(UNSPEAKABLE)) {
                        throw new IllegalStateException();
                    }
                    return entry.getMessage() + "\n";
                }
            },
            dropped);

    @BeforeEach
    void start() {
        writer.start();
    }

    @AfterEach
    void stop() {
        reader.go.countDown();
        Logger.getLogger("").removeHandler(writer);
    }

    /** It is not said by whom the thread is held up, but it must not be the caller: else this never ends. */
    @Test
    void whoLogsDoesNotWaitForWhoReads() {
        int half = LogWriter.ENTRIES_MAX / 2;
        for (int i = 0; i < LogWriter.ENTRIES_MAX; i++) {
            log(Level.INFO, "info");
        }
        // One is with the reader, or will be.
        assertThat(dropped.get()).isBetween(half - 1L, (long) half);
        log(Level.WARNING, "matters");
        long before = dropped.get();
        for (int i = 0; i < LogWriter.ENTRIES_MAX; i++) {
            log(Level.SEVERE, "flood");
        }
        assertThat(dropped.get()).isGreaterThan(before);
        long all = dropped.get();
        reader.go.countDown();
        writer.flush();
        assertThat(reader.lines())
                .contains("info", "matters", "flood", all + " log entries were left out: too many waited");
    }

    @Test
    void aFlushWaitsForWhatWasLoggedBefore() {
        reader.go.countDown();
        log(Level.INFO, "one");
        log(Level.INFO, "two");
        writer.flush();
        assertThat(reader.lines()).containsExactly("one", "two");
    }

    @Test
    void anEntryThatCannotBeWrittenIsNotTheLast() {
        reader.go.countDown();
        log(Level.INFO, UNSPEAKABLE);
        log(Level.INFO, "next");
        writer.flush();
        assertThat(reader.lines())
                .containsExactly(
                        "an entry of fanfare.test could not be written: class java.lang.IllegalStateException", "next");
    }

    /** As the JDK does at the beginning of every process' end. */
    @Test
    void itComesBackAfterItWasClosed() {
        reader.go.countDown();
        Logger root = Logger.getLogger("");
        log(Level.INFO, "last words");
        writer.close();
        assertThat(reader.lines()).containsExactly("last words");
        assertThat(root.getHandlers()).contains(writer);
    }

    private void log(Level level, String message) {
        LogRecord entry = new LogRecord(level, message);
        entry.setLoggerName("fanfare.test");
        writer.publish(entry);
    }
}

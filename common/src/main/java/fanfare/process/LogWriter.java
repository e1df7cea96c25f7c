package fanfare.process;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * Writes the log on a thread of its own, since whoever reads it may be slow and an event loop must not wait for that. What
 * waits is bounded: when half of the room is taken, only warnings and errors are let in, beyond it nothing; what is left
 * out is counted, and the log says how much that was. Safe on any thread.
 */
final class LogWriter extends Handler {
    /** Entries that wait: some megabytes at most, and more than comes in the moment in which a disk thinks. */
    static final int ENTRIES_MAX = 8_192;

    private static final int FLUSH_S_MAX = 2;

    /** An entry that is none: who waits for it knows that all before it have been written. */
    private static final class Mark extends LogRecord {
        private static final long serialVersionUID = 1;

        private final transient CountDownLatch reached = new CountDownLatch(1);

        Mark() {
            super(Level.OFF, "");
        }
    }

    private final BlockingQueue<LogRecord> waiting = new LinkedBlockingQueue<>(ENTRIES_MAX);
    private final AtomicLong dropped;
    private final OutputStream out;
    private final Formatter form;
    /** How many of the dropped the log has told; the writing thread's. */
    private long told;

    LogWriter(OutputStream out, Formatter form, AtomicLong dropped) {
        this.out = out;
        this.form = form;
        this.dropped = dropped;
    }

    void start() {
        Thread thread = new Thread(this::write, "log");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void publish(LogRecord entry) {
        if (!isLoggable(entry)) {
            return;
        }
        boolean matters = entry.getLevel().intValue() >= Level.WARNING.intValue();
        if (!(matters || waiting.size() < ENTRIES_MAX / 2) || !waiting.offer(entry)) {
            dropped.incrementAndGet();
        }
    }

    /** Waits until what was logged before is written, but not for ever. */
    @Override
    public void flush() {
        Mark mark = new Mark();
        try {
            if (waiting.offer(mark, FLUSH_S_MAX, TimeUnit.SECONDS)) {
                var unused = mark.reached.await(FLUSH_S_MAX, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * The JDK closes all handlers when a process begins to end, beside the hooks in which a gateway says goodbye to its
     * browsers for a minute. It has removed this one from the log by then; so it comes back.
     */
    @Override
    public void close() {
        flush();
        Logger.getLogger("").addHandler(this);
    }

    private void write() {
        try {
            while (true) {
                LogRecord entry = waiting.poll();
                if (entry == null) {
                    out.flush();
                    entry = waiting.take();
                }
                if (entry instanceof Mark mark) {
                    out.flush();
                    mark.reached.countDown();
                } else {
                    put(entry);
                    tellDropped();
                }
            }
        } catch (IOException e) {
            // Standard error is closed: there is nobody to tell.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void tellDropped() throws IOException {
        long now = dropped.get();
        if (now > told && waiting.size() < ENTRIES_MAX / 2) {
            LogRecord note = new LogRecord(Level.WARNING, now - told + " log entries were left out: too many waited");
            note.setLoggerName(LogWriter.class.getName());
            put(note);
            told = now;
        }
    }

    private void put(LogRecord entry) throws IOException {
        out.write(text(entry).getBytes(StandardCharsets.UTF_8));
    }

    /** An entry that cannot be put into words, perhaps by fault of what it is about, must not be the last one. */
    private String text(LogRecord entry) {
        try {
            return form.format(entry);
        } catch (RuntimeException e) {
            LogRecord note = new LogRecord(
                    Level.WARNING, "an entry of " + entry.getLoggerName() + " could not be written: " + e.getClass());
            note.setLoggerName(LogWriter.class.getName());
            return form.format(note);
        }
    }
}

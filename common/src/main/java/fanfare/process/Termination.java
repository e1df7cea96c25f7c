package fanfare.process;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What a process does when it is told to end: an orderly end with exit code 0, which is not what a JVM makes of a signal by
 * itself, and on a second signal an end at once.
 */
public final class Termination {
    /** SIGTERM by an orchestrator, SIGINT and SIGHUP by a terminal. A JVM that found one of them ignored goes on ignoring it. */
    private static final List<String> SIGNALS = List.of("TERM", "INT", "HUP");

    /** What a shell shows of a process that SIGTERM ended. */
    private static final int CUT_SHORT = 128 + 15;

    private Termination() {}

    /** Has {@code end} run on the first signal, on a thread of its own; the process ends when it returns. */
    public static void with(Runnable end) {
        AtomicBoolean begun = new AtomicBoolean();
        SIGNALS.forEach(signal -> handle(signal, () -> {
            if (begun.getAndSet(true)) {
                Runtime.getRuntime().halt(CUT_SHORT);
            }
            new Thread(
                            () -> {
                                end.run();
                                System.exit(0);
                            },
                            "stop")
                    .start();
        }));
    }

    /** By reflection: javac warns of the class whenever it is named, and has no way to be told that this is meant. */
    private static void handle(String name, Runnable reaction) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Method handle = signal.getMethod("handle", signal, handler);
            Object proxy = Proxy.newProxyInstance(
                    handler.getClassLoader(), new Class<?>[] {handler}, (self, method, arguments) -> {
                        reaction.run();
                        return null;
                    });
            handle.invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(
                    "this Java lets nobody handle signals: it has no module jdk.unsupported, or was started with -Xrs",
                    e);
        }
    }
}

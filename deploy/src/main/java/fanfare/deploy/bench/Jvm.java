package fanfare.deploy.bench;

import com.sun.management.ThreadMXBean;
import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.LongStream;
import javax.management.MBeanServerConnection;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import org.jspecify.annotations.Nullable;

/** What another JVM of this user tells of itself. Blocks the caller. */
final class Jvm implements AutoCloseable {
    private final JMXConnector connector;
    private final MemoryMXBean memory;
    private final ThreadMXBean threads;

    private Jvm(JMXConnector connector) throws IOException {
        this.connector = connector;
        MBeanServerConnection server = connector.getMBeanServerConnection();
        this.memory = ManagementFactory.newPlatformMXBeanProxy(
                server, ManagementFactory.MEMORY_MXBEAN_NAME, MemoryMXBean.class);
        this.threads = ManagementFactory.newPlatformMXBeanProxy(
                server, ManagementFactory.THREAD_MXBEAN_NAME, ThreadMXBean.class);
    }

    // The address is the attached process' own, a connector within this machine: nobody else has a say in it.
    @SuppressWarnings("BanJNDI")
    static Jvm attach(long pid) throws IOException {
        try {
            VirtualMachine machine = VirtualMachine.attach(Long.toString(pid));
            try {
                return new Jvm(JMXConnectorFactory.connect(new JMXServiceURL(machine.startLocalManagementAgent())));
            } finally {
                machine.detach();
            }
        } catch (AttachNotSupportedException e) {
            throw new IOException("cannot ask the JVM " + pid, e);
        }
    }

    /** Collects garbage, and tells what of the heap is in use then [bytes]. */
    long collect() {
        memory.gc();
        return memory.getHeapMemoryUsage().getUsed();
    }

    /** What the process' own threads, its oldest event loops among them, have allocated until now [bytes]. */
    long allocated() {
        long[] ids = Arrays.stream(threads.getThreadInfo(threads.getAllThreadIds()))
                .filter(Objects::nonNull)
                .filter(thread -> isItsOwn(thread.getThreadName()))
                .mapToLong(thread -> thread.getThreadId())
                .toArray();
        return LongStream.of(threads.getThreadAllocatedBytes(ids))
                .filter(bytes -> bytes > 0)
                .sum();
    }

    @Override
    public void close() throws IOException {
        connector.close();
    }

    /** Not one that answers us. */
    private static boolean isItsOwn(@Nullable String thread) {
        return thread != null && !thread.startsWith("RMI ") && !thread.startsWith("JMX ");
    }
}

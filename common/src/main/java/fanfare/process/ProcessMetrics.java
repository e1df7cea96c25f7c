package fanfare.process;

import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.netty.util.internal.PlatformDependent;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;

/** What every process says about itself: memory, collections, CPU, descriptors, its log. */
public final class ProcessMetrics {
    private ProcessMetrics() {}

    public static void register(MeterRegistry metrics) {
        new JvmMemoryMetrics().bindTo(metrics);
        new ProcessorMetrics().bindTo(metrics);
        new FileDescriptorMetrics().bindTo(metrics);
        new UptimeMetrics().bindTo(metrics);
        // Micrometer's own begin with the first collection only, and make garbage of each.
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            FunctionTimer.builder(
                            "jvm_gc_collection_seconds",
                            collector,
                            GarbageCollectorMXBean::getCollectionCount,
                            GarbageCollectorMXBean::getCollectionTime,
                            TimeUnit.MILLISECONDS)
                    .description("Collections of garbage; of the concurrent ones, the service waits for a part only")
                    .tag("gc", collector.getName())
                    .register(metrics);
        }
        Gauge.builder("fanfare_direct_memory_bytes", PlatformDependent::usedDirectMemory)
                .description("Memory outside of the heap that sockets' buffers have taken")
                .register(metrics);
        Gauge.builder("fanfare_direct_memory_max_bytes", PlatformDependent::maxDirectMemory)
                .description("What they may take")
                .register(metrics);
        Logging.register(metrics);
    }
}

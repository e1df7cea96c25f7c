package fanfare.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Every benchmark of this module for a moment, so that none of them rots. Its speed is nobody's business here. */
class BenchmarksTest {
    @Test
    void allOfThemRun() throws Exception {
        // Else it would refuse to run beside another one on this machine.
        System.setProperty("jmh.ignoreLock", "true");
        Options options = new OptionsBuilder()
                .include("fanfare\\.gateway\\.")
                .param("sessions", "10")
                .forks(0)
                .warmupIterations(0)
                .measurementIterations(1)
                .measurementTime(TimeValue.milliseconds(10))
                .timeout(new TimeValue(20, TimeUnit.SECONDS))
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT)
                .build();
        assertThat(new Runner(options).run())
                .extracting(result -> result.getParams().getBenchmark().replaceAll(".*\\.(\\w+\\.\\w+)$", "$1"))
                .containsExactlyInAnyOrder(
                        "HubBenchmark.deliver",
                        "FramingBenchmark.parse",
                        "FramingBenchmark.parseAndFrameRaw",
                        "FramingBenchmark.parseAndFrameRawBy16",
                        "FramingBenchmark.parseAndFrameSockJs",
                        "FramingBenchmark.parseAndFrameSockJsBy16");
    }
}

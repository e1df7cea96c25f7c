package fanfare.deploy.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** What is read of files below /proc. */
class ProcessFiguresTest {
    @Test
    void cpuIsReadBehindAnyName() {
        String stat = "42 (a (b) c) S 1 42 42 0 -1 4194560 100 0 0 0 123 45 0 0 20 0 9 0 555 1 2";

        assertThat(Cpu.parse(stat)).isEqualTo(new Cpu.Spent(1_230_000_000L, 450_000_000L));
        assertThat(Cpu.parse(stat).since(new Cpu.Spent(230_000_000L, 0)))
                .isEqualTo(new Cpu.Spent(1_000_000_000L, 450_000_000L));
    }

    @Test
    void memoryIsReadByName() {
        assertThat(Memory.kilobytes("VmHWM:\t   9 kB\nVmRSS:\t   512 kB\n", "VmRSS"))
                .isEqualTo(512);
        assertThat(Memory.tcpPages("sockets: used 9\nTCP: inuse 8 orphan 0 tw 0 alloc 9 mem 77\nUDP: inuse 1 mem 3\n"))
                .isEqualTo(77);
        assertThatThrownBy(() -> Memory.kilobytes("", "Slab")).hasMessageContaining("Slab");
    }
}

package fanfare.deploy.dev;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RedisBinaryIT {
    @TempDir
    Path folder;

    @Test
    void prefersAnInstalledOne() throws IOException {
        script("redis-server", "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc");
        assertThat(find().description()).endsWith("redis-server 7.0.15");
    }

    @Test
    void takesValkeyToo() throws IOException {
        script("redis-server", "Redis server v=6.0.16 sha=00000000:0");
        script("valkey-server", "Valkey server v=8.0.1 sha=00000000:0");
        assertThat(find().description()).endsWith("valkey-server 8.0.1");
    }

    @Test
    void fallsBackToTheBuildsOwnAndSaysSo() throws IOException {
        script("redis-server", "Redis server v=5.0.3 sha=00000000:0");
        RedisBinary binary = find();
        assertThat(binary.description()).contains(" 6.2.").contains("for development only");
        assertThat(binary.path()).isExecutable();
    }

    private RedisBinary find() throws IOException {
        return RedisBinary.find(folder.toString(), folder.resolve("extracted"));
    }

    private void script(String name, String version) throws IOException {
        Path script = folder.resolve(name);
        Files.writeString(script, "#!/bin/sh\necho '" + version + "'\n");
        assertThat(script.toFile().setExecutable(true)).isTrue();
    }
}

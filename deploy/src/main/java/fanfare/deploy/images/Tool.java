package fanfare.deploy.images;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** A program of this machine that is asked one thing. */
final class Tool {
    private Tool() {}

    /**
     * What it prints when it is run in a folder. Blocks until it ends.
     *
     * @throws IOException if it is not there or fails; the message quotes what it said
     */
    static String ask(Path folder, List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + ": " + answer.strip());
        }
        return answer;
    }
}

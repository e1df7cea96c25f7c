package fanfare.deploy.bench;

/** Tells who waits what a long benchmark is at. What is measured stands on standard output alone. */
final class Progress {
    private Progress() {}

    static void say(String what) {
        System.err.println("  " + what);
    }
}

package fanfare.deploy.selftest.rig;

import java.io.IOException;

/** The Redis of a cluster under proof, and what happens to any kind of it. Confined to the main thread. */
public interface RedisUnderProof {
    /** Where a process finds it: gateways are counted from 0, and the publishers after them. */
    String url(int process);

    /** Waits until every master has a replica that follows it. */
    void awaitReplicas() throws IOException, InterruptedException;

    /** Kills a master, whose replica takes its place and gets a replica of its own. */
    void replaceMaster() throws IOException, InterruptedException;

    /** What one fault has left behind must not be counted against the next. */
    void mend();
}

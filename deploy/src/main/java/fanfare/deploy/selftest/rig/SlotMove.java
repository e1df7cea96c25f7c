package fanfare.deploy.selftest.rig;

import fanfare.deploy.dev.RedisAdmin;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** One slot's way from a master to another while it is used. The third master is told in the end, too. */
public record SlotMove(int slot, RedisAdmin from, RedisAdmin to, RedisAdmin third) {
    /** So few at a time that clients meet slots whose keys are in both places. */
    private static final int KEYS = 10;

    private static final int MIGRATE_MS_MAX = 5_000;

    /** From now on clients may find the slot's keys at either. */
    public void begin() throws IOException {
        setSlot(to, "IMPORTING", from);
        setSlot(from, "MIGRATING", to);
    }

    /** Moves the keys, and returns how many there were. */
    public int moveKeys() throws IOException {
        int moved = 0;
        while (true) {
            List<String> keys = from.command("CLUSTER", "GETKEYSINSLOT", Integer.toString(slot), Integer.toString(KEYS))
                    .lines()
                    .toList();
            if (keys.isEmpty()) {
                return moved;
            }
            List<String> command = new ArrayList<>(List.of(
                    "MIGRATE",
                    "127.0.0.1",
                    Integer.toString(to.port()),
                    "",
                    "0",
                    Integer.toString(MIGRATE_MS_MAX),
                    "KEYS"));
            command.addAll(keys);
            from.command(command.toArray(String[]::new));
            moved += keys.size();
        }
    }

    /** Makes the slot the other one's. The new owner hears it first, else the old one would send clients to who sends them back. */
    public void end() throws IOException {
        for (RedisAdmin master : List.of(to, from, third)) {
            setSlot(master, "NODE", to);
        }
    }

    public SlotMove back() {
        return new SlotMove(slot, to, from, third);
    }

    private void setSlot(RedisAdmin master, String what, RedisAdmin other) throws IOException {
        master.command("CLUSTER", "SETSLOT", Integer.toString(slot), what, other.command("CLUSTER", "MYID"));
    }
}

package fanfare.broker;

/** What a publication's answer promises. */
public enum Durability {
    /** The master has it. */
    MASTER,
    /** A replica was asked to confirm it as well; the answer says whether one did. */
    REPLICATED
}

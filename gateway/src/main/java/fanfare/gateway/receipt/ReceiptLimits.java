package fanfare.gateway.receipt;

/**
 * What receipts may cost a gateway.
 *
 * @param reportsMax reports that wait for Redis; more are dropped
 * @param acknowledgementsMax publications that the browsers of one event loop may yet acknowledge; the oldest go
 */
public record ReceiptLimits(int reportsMax, int acknowledgementsMax) {
    private static final int ACKNOWLEDGEMENTS = 1 << 16;

    public static ReceiptLimits of(int reportsMax) {
        return new ReceiptLimits(reportsMax, ACKNOWLEDGEMENTS);
    }
}

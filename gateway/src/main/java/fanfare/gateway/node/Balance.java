package fanfare.gateway.node;

import java.util.List;

/**
 * How many browsers a gateway asks to go elsewhere, so that one which was just started gets its share. Pure arithmetic.
 *
 * @param skewPercent by how much more than the mean a gateway may have
 * @param perSecondMax browsers that one gateway asks; 0 for none ever
 */
public record Balance(int skewPercent, int perSecondMax) {
    /** Between two looks; what was asked then has gone, and leases say so. */
    public static final int ROUND_S = 5;
    /** An excess that is not worth a move, whatever it is in percent. */
    private static final int EXCESS_MIN = 10;

    /**
     * For one round.
     *
     * @param mine connections here
     * @param others connections of each other gateway that takes newcomers
     */
    int toMove(int mine, List<Integer> others) {
        double all = mine + others.stream().mapToDouble(Integer::doubleValue).sum();
        double mean = all / (others.size() + 1);
        double excess = mine - mean;
        if (excess < Math.max(EXCESS_MIN, mean * skewPercent / 100)) {
            return 0;
        }
        // Half of it: the figures of the others are some seconds old, and too few can be mended where too many cannot.
        return (int) Math.min(excess / 2, (double) perSecondMax * ROUND_S);
    }
}

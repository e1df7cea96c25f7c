package fanfare.gateway.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BalanceTest {
    private static final int PER_SECOND = 50;
    private static final int PER_ROUND = PER_SECOND * Balance.ROUND_S;

    private final Balance balance = new Balance(20, PER_SECOND);

    @Test
    void halfOfTheExcessMovesAndNoMoreThanMay() {
        assertThat(balance.toMove(100, List.of(0))).isEqualTo(25);
        assertThat(balance.toMove(100_000, List.of(0))).isEqualTo(PER_ROUND);
    }

    @Test
    void whoHasNoMoreThanItsShareMovesNobody() {
        assertThat(balance.toMove(0, List.of(100))).isZero();
        assertThat(balance.toMove(1_000, List.of(1_000, 1_000))).isZero();
        assertThat(balance.toMove(1_190, List.of(810))).isZero();
        assertThat(balance.toMove(1_210, List.of(790))).isEqualTo(105);
    }

    @Test
    void aHandfulIsNotWorthAMove() {
        assertThat(balance.toMove(18, List.of(0))).isZero();
        assertThat(balance.toMove(20, List.of(0))).isEqualTo(5);
    }

    @Test
    void whoIsAloneMovesNobody() {
        assertThat(balance.toMove(5_000, List.of())).isZero();
    }

    @Test
    void offIsOff() {
        assertThat(new Balance(1, 0).toMove(100_000, List.of(0))).isZero();
    }

    /** Newcomers go to the emptiest gateway, or to all in turn, among them the ones that they come from. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anEmptyGatewayIsFilledAndThenThereIsRest(boolean toTheEmptiest) {
        List<Integer> gateways = new ArrayList<>(List.of(6_000, 6_000, 6_000, 0));
        int moves = 0;
        int rounds = 0;
        int inTurn = 0;
        int moved = 1;
        while (moved > 0) {
            moved = 0;
            List<Integer> leases = List.copyOf(gateways);
            for (int i = 0; i < gateways.size(); i++) {
                List<Integer> others = new ArrayList<>(leases);
                int leaving = balance.toMove(others.remove(i), others);
                assertThat(leaving).isLessThanOrEqualTo(PER_ROUND);
                moved += leaving;
                gateways.set(i, gateways.get(i) - leaving);
            }
            for (int i = 0; i < moved; i++) {
                int target = toTheEmptiest ? gateways.indexOf(Collections.min(gateways)) : inTurn++ % gateways.size();
                gateways.set(target, gateways.get(target) + 1);
            }
            moves += moved;
            rounds++;
            assertThat(rounds).isLessThan(100);
        }
        assertThat(Collections.max(gateways)).isLessThanOrEqualTo(5_400);
        // 4,500 fill it; of those who go to all in turn three quarters land where they were too many.
        assertThat(moves).isLessThanOrEqualTo(toTheEmptiest ? 4_500 : 4 * 4_500);
        assertThat(gateways.stream().mapToInt(Integer::intValue).sum()).isEqualTo(18_000);
    }
}

package fanfare.publisher.rate;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.http.Problem;
import fanfare.http.ProblemException;
import fanfare.publisher.auth.Rate;
import fanfare.publisher.rate.TokenBucket.Taken;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AllowanceTest {
    private static final Rate RATE = new Rate(1_000, 2_000);

    private final Queue<Promise<Taken>> questions = new ArrayDeque<>();
    private final List<String> asked = new ArrayList<>();
    private int refused;
    private int unchecked;
    private long nowNs = 7;
    private final Allowance allowance = new Allowance(
            "shop",
            RATE,
            (rate, needed, wanted) -> {
                Promise<Taken> question = Promise.promise();
                questions.add(question);
                asked.add(needed + " of " + wanted);
                return question.future();
            },
            new Allowance.Outcomes() {
                @Override
                public void refused() {
                    refused++;
                }

                @Override
                public void unchecked() {
                    unchecked++;
                }
            },
            () -> nowNs);

    @AfterEach
    void nothingElseWasAsked() {
        assertThat(asked).isEmpty();
    }

    @Test
    void theFirstAsksForItsOwnAndTheNextAheadForWhatWasUsed() {
        Future<Void> first = allowance.take(RATE, 1);
        assertThat(first.isComplete()).isFalse();
        answer("1 of 1", 1, 1_999);
        assertThat(first.succeeded()).isTrue();
        Future<Void> second = allowance.take(RATE, 3);
        answer("3 of 4", 4, 1_995);
        assertThat(second.succeeded()).isTrue();
        assertThat(allowance.take(RATE, 1).succeeded()).isTrue();
        Future<Void> large = allowance.take(RATE, 1_000);
        answer("1000 of 1004", 1_004, 991);
        assertThat(large.succeeded()).isTrue();
        Future<Void> capped = allowance.take(RATE, 10);
        answer("6 of 56", 56, 935);
        assertThat(capped.succeeded()).isTrue();
        assertThat(refused + unchecked).isZero();
    }

    @Test
    void whoComesMeanwhileWaitsForOneQuestionInTheirOrder() {
        Future<Void> first = allowance.take(RATE, 1);
        Future<Void> large = allowance.take(RATE, 900);
        Future<Void> small = allowance.take(RATE, 1);
        answer("1 of 1", 1, 1_000);
        assertThat(first.succeeded()).isTrue();
        assertThat(small.isComplete()).isFalse();
        answer("900 of 902", 900, 0);
        assertThat(large.succeeded()).isTrue();
        refusal(small, 1);
    }

    @Test
    void aRefusalIsRememberedUntilTheBucketCanHaveWhatIsMissing() {
        Future<Void> first = allowance.take(RATE, 2_000);
        answer("2000 of 2000", 0, -1_500);
        refusal(first, 4);
        refusal(allowance.take(RATE, 1), 2);
        passMs(1_500);
        refusal(allowance.take(RATE, 1), 1);
        passMs(1);
        Future<Void> paid = allowance.take(RATE, 1);
        answer("1 of 1", 1, 0);
        assertThat(paid.succeeded()).isTrue();
        assertThat(refused).isEqualTo(3);
    }

    @Test
    void anotherRateInTheKeyFileForgetsTheRefusal() {
        Future<Void> first = allowance.take(RATE, 1);
        answer("1 of 1", 0, -20_000);
        refusal(first, 21);
        Rate higher = new Rate(5_000, 2_000);
        Future<Void> second = allowance.take(higher, 1);
        answer("1 of 1", 1, 10);
        assertThat(second.succeeded()).isTrue();
    }

    @Test
    void moreThanTheBucketHoldsNeedsAFullOne() {
        Rate tight = new Rate(10, 100);
        Future<Void> first = allowance.take(tight, 1_000);
        answer("1000 of 1000", 0, 99);
        refusal(first, 1);
        passMs(100);
        Future<Void> second = allowance.take(tight, 1_000);
        answer("1000 of 1000", 1_000, -900);
        assertThat(second.succeeded()).isTrue();
        refusal(allowance.take(tight, 1), 91);
    }

    @Test
    void tokensAheadAreLostAfterASecond() {
        allowance.take(RATE, 10);
        answer("10 of 10", 10, 1_000);
        allowance.take(RATE, 10);
        answer("10 of 20", 20, 1_000);
        passMs(Allowance.KEEP_MS);
        assertThat(allowance.take(RATE, 5).succeeded()).isTrue();
        passMs(1);
        Future<Void> late = allowance.take(RATE, 1);
        answer("1 of 1", 1, 1_000);
        assertThat(late.succeeded()).isTrue();
    }

    @Test
    void noAnswerKeepsNobodyWaiting() {
        Future<Void> first = allowance.take(RATE, 1);
        passMs(Allowance.LATE_MS);
        assertThat(allowance.tick()).isFalse();
        assertThat(first.isComplete()).isFalse();
        passMs(1);
        allowance.tick();
        assertThat(first.succeeded()).isTrue();
        assertThat(allowance.take(RATE, 5_000).succeeded()).isTrue();
        assertThat(unchecked).isEqualTo(2);
        passMs(10_000);
        assertThat(allowance.tick()).isFalse();
        answer("1 of 1", 1, 1_000);
        assertThat(allowance.tick()).isTrue();
        Future<Void> second = allowance.take(RATE, 1);
        asked.clear();
        questions.remove().fail("no connection");
        assertThat(second.succeeded()).isTrue();
        assertThat(unchecked).isEqualTo(3);
        assertThat(refused).isZero();
    }

    private void answer(String question, long tokens, long left) {
        assertThat(asked).startsWith(question);
        asked.remove(0);
        questions.remove().complete(new Taken(tokens, left));
    }

    private void passMs(long ms) {
        nowNs += TimeUnit.MILLISECONDS.toNanos(ms);
    }

    private static void refusal(Future<Void> taken, int retryAfterS) {
        assertThat(taken.cause()).isInstanceOfSatisfying(ProblemException.class, refusal -> {
            assertThat(refusal.problem()).isEqualTo(Problem.TOO_MANY_REQUESTS);
            assertThat(refusal.retryAfterS()).isEqualTo(retryAfterS);
            assertThat(refusal).hasMessageContaining("shop");
        });
    }
}

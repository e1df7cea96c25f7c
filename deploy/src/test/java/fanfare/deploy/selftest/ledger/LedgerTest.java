package fanfare.deploy.selftest.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LedgerTest {
    private static final int ALICE = 0;
    private static final int BOB = 1;
    private static final int CALLER = 7;

    private final Ledger ledger = new Ledger("test-");
    private final Account alice = ledger.account(ALICE, "alice");
    private final Account bob = ledger.account(BOB, "bob");

    @Test
    void whatEverybodyHadOnceIsInOrder() {
        open();
        int first = stored(ALICE, 10);
        int second = stored(Ledger.BROADCAST, 20);
        alice.heard(first, true, 15);
        alice.heard(second, true, 29);
        bob.heard(second, true, 21);

        Verdict verdict = ledger.verdict();
        assertThat(verdict.isKept()).isTrue();
        assertThat(verdict.acknowledged()).isEqualTo(2);
        assertThat(verdict.delivered()).isEqualTo(3);
        assertThat(verdict.longestDelayMs()).isEqualTo(9);
        assertThat(verdict.examples()).isEmpty();
    }

    @Test
    void whatWasAcknowledgedAndNeverCameIsLost() {
        open();
        stored(ALICE, 10);
        int broadcast = stored(Ledger.BROADCAST, 20);
        bob.heard(broadcast, true, 21);

        assertThat(ledger.missing()).isEqualTo(2);
        Verdict verdict = ledger.verdict();
        assertThat(verdict.lost()).isEqualTo(2);
        assertThat(verdict.isKept()).isFalse();
        assertThat(verdict.examples()).hasSize(2).allMatch(example -> example.startsWith("alice never had"));
    }

    @Test
    void whatNobodyAcknowledgedIsNotDue() {
        open();
        ledger.published(ALICE, CALLER, 10);
        assertThat(ledger.verdict().lost()).isZero();
    }

    @Test
    void whatWasPublishedBeforeTheFirstWelcomeIsNotDue() {
        int early = ledger.published(ALICE, CALLER, 10);
        alice.opened(11);
        ledger.acknowledged(early, 12);
        int late = stored(ALICE, 13);
        alice.opened(20); // a second welcome changes nothing
        assertThat(ledger.missing()).isEqualTo(1);
        alice.heard(late, true, 21);
        assertThat(ledger.missing()).isZero();
    }

    @Test
    void aClientThatNeverGotInMissesNothing() {
        stored(ALICE, 10);
        assertThat(ledger.missing()).isZero();
    }

    @Test
    void whatIsToldIsNotLostIfItIsOlderAndOfThatChannel() {
        open();
        stored(ALICE, 10);
        stored(Ledger.BROADCAST, 11);
        alice.toldGap(false, 20);
        stored(ALICE, 30);

        Verdict verdict = ledger.verdict();
        assertThat(verdict.told()).isEqualTo(1);
        assertThat(verdict.lost())
                .as("alice: the broadcast and the later one; bob: the broadcast")
                .isEqualTo(3);
    }

    @Test
    void aRepeatThatTheClientDropsOnItsNextConnectionAfterALossOfDataIsOneOnTheWireOnly() {
        open();
        int number = stored(ALICE, 10);
        alice.heard(number, true, 11);
        ledger.replay(15, 20);
        alice.opened(21);
        alice.heard(number, false, 22);

        Verdict verdict = ledger.verdict();
        assertThat(verdict.duplicated()).isZero();
        assertThat(verdict.duplicatedOnWire()).isEqualTo(1);
        assertThat(verdict.isKept()).isTrue();
    }

    @Test
    void aRepeatThatNothingExplainsBreaksTheGuaranteeThoughTheClientDropsIt() {
        open();
        int number = stored(ALICE, 10);
        alice.heard(number, true, 11);
        ledger.replay(15, 20);
        alice.heard(number, false, 22);
        assertThat(ledger.verdict().repeated()).as("on the same connection").isEqualTo(1);

        alice.opened(30);
        alice.heard(number, false, 120_021);
        assertThat(ledger.verdict().repeated())
                .as("long after the loss of data")
                .isEqualTo(2);
        assertThat(ledger.verdict().isKept()).isFalse();
    }

    @Test
    void aRepeatThatReachesTheApplicationBreaksTheGuarantee() {
        open();
        int number = stored(ALICE, 10);
        alice.heard(number, true, 11);
        alice.heard(number, true, 12);

        Verdict verdict = ledger.verdict();
        assertThat(verdict.duplicated()).isEqualTo(1);
        assertThat(verdict.duplicatedOnWire()).isEqualTo(1);
        assertThat(verdict.delivered()).isEqualTo(1);
        assertThat(verdict.isKept()).isFalse();
    }

    @Test
    void oneCallersLaterPublicationMustNotComeFirst() {
        open();
        int first = stored(ALICE, 10);
        int second = stored(ALICE, 20);
        alice.heard(second, true, 21);
        alice.heard(first, true, 22);

        assertThat(ledger.verdict().outOfOrder()).isEqualTo(1);
        assertThat(ledger.verdict().isKept()).isFalse();
    }

    @Test
    void callersAndChannelsHaveNoOrderAmongThem() {
        open();
        int first = stored(ALICE, 10);
        int ofAnotherCaller = ledger.published(ALICE, CALLER + 1, 20);
        ledger.acknowledged(ofAnotherCaller, 21);
        int toAll = stored(Ledger.BROADCAST, 30);
        alice.heard(toAll, true, 31);
        alice.heard(ofAnotherCaller, true, 32);
        alice.heard(first, true, 33);
        bob.heard(toAll, true, 31);

        assertThat(ledger.verdict().isKept()).isTrue();
    }

    @Test
    void whatWasNotAcknowledgedInTimeMayComeLater() {
        open();
        int first = ledger.published(ALICE, CALLER, 10);
        int second = stored(ALICE, 20);
        alice.heard(second, true, 21);
        ledger.acknowledged(first, 22);
        alice.heard(first, true, 23);

        assertThat(ledger.verdict().outOfOrder()).isZero();
    }

    @Test
    void whatIsPutBackAfterALossOfDataMayFollow() {
        open();
        int first = stored(ALICE, 10);
        int second = stored(ALICE, 20);
        ledger.replay(30, 40);
        int third = stored(ALICE, 50);
        int fourth = stored(ALICE, 60);
        alice.heard(second, true, 21);
        alice.heard(first, true, 41);
        assertThat(ledger.verdict().outOfOrder()).isZero();

        alice.heard(fourth, true, 61);
        alice.heard(third, true, 62);
        assertThat(ledger.verdict().outOfOrder())
                .as("what came after the loss has no excuse")
                .isEqualTo(1);
    }

    private void open() {
        alice.opened(0);
        bob.opened(0);
    }

    private int stored(int channel, long sentMs) {
        int number = ledger.published(channel, CALLER, sentMs);
        ledger.acknowledged(number, sentMs + 1);
        return number;
    }

    @Test
    void whatAnotherLedgerPublishedUnderTheSameNumberIsNoneOfItsConcern() {
        Account account = ledger.account(0, "client");
        assertThat(account.isConcernedWith(ledger.id(7))).isTrue();
        assertThat(account.isConcernedWith(new Ledger("other-").id(7))).isFalse();
    }
}

package fanfare.redis;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReplicationTest {
    private static final String A = "a".repeat(40);
    private static final String B = "b".repeat(40);
    private static final String NONE = "0".repeat(40);

    @Test
    void aMasterThatWasNeverPromotedNamesNoFormerOne() {
        assertThat(Replication.parse("# Replication\r\nrole:master\r\nconnected_slaves:0\r\nmaster_replid:" + A
                        + "\r\nmaster_replid2:" + NONE + "\r\n"))
                .isEqualTo(new Replication(true, A, null));
    }

    @Test
    void aPromotedOneNamesWhomItFollowed() {
        assertThat(Replication.parse("role:master\r\nmaster_replid:" + B + "\r\nmaster_replid2:" + A + "\r\n"))
                .isEqualTo(new Replication(true, B, A));
    }

    @Test
    void aReplicaIsNoMasterWhateverElseItSays() {
        Replication replica = Replication.parse(
                "role:slave\r\nmaster_host:role:master\r\nmaster_replid:" + A + "\r\nmaster_replid2:" + NONE + "\r\n");
        assertThat(replica).isEqualTo(new Replication(false, A, null));
    }

    @Test
    void whatDoesNotSayWhoItIsIsNothing() {
        assertThat(Replication.parse("role:master\r\n")).isNull();
    }
}

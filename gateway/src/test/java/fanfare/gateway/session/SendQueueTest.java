package fanfare.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.gateway.protocol.Message;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SendQueueTest {
    private static final Message A = Message.error("a", "first");
    private static final Message B = Message.error("b", "second");
    private static final Message C = Message.gap("topic:x");

    private final SendQueue empty = new SendQueue();

    @Test
    void whoWaitForTheSameHaveTheSameQueue() {
        SendQueue one = empty.plus(A).plus(B);
        assertThat(empty.plus(A).plus(B)).isSameAs(one);
        assertThat(empty.plus(B).plus(A)).isNotSameAs(one);
        assertThat(one.messages()).containsExactly(A, B);
        assertThat(one.count()).isEqualTo(2);
        assertThat(one.bytes()).isEqualTo(A.size() + B.size());
    }

    @Test
    void aQueueStaysWhatItIsWhateverComesOfIt() {
        SendQueue one = empty.plus(A);
        SendQueue two = one.plus(B);
        assertThat(one.plus(C).messages()).containsExactly(A, C);
        assertThat(two.messages()).containsExactly(A, B);
        assertThat(one.messages()).containsExactly(A);
        assertThat(empty.isEmpty()).isTrue();
    }

    @Test
    void whatIsForgottenIsMadeAnew() {
        SendQueue one = empty.plus(A);
        empty.forget();
        assertThat(empty.plus(A)).isNotSameAs(one);
    }

    @Test
    void whatIsLeftIsInOrder() {
        SendQueue all = empty.plus(A).plus(B).plus(C);
        assertThat(all.after(0, empty)).isSameAs(all);
        assertThat(all.after(1, empty).messages()).containsExactly(B, C);
        assertThat(all.after(1, empty)).isSameAs(all.after(1, empty));
        assertThat(all.after(3, empty)).isSameAs(empty);
        assertThat(all.after(2, empty).bytes()).isEqualTo(C.size());
    }

    @Test
    void aChannelIsDropped() {
        List<Message> dropped = new ArrayList<>();
        SendQueue left = empty.plus(A).plus(C).plus(B).without("topic:x", empty, dropped::add);
        assertThat(left.messages()).containsExactly(A, B);
        assertThat(dropped).containsExactly(C);
    }

    @Test
    void aBudgetIsKeptButForTheFirst() {
        assertThat(empty.takes(A, 1)).isTrue();
        SendQueue one = empty.plus(A);
        assertThat(one.takes(B, A.size() + B.size())).isTrue();
        assertThat(one.takes(B, A.size() + B.size() - 1)).isFalse();
    }

    @Test
    void aReaderTakesOneAfterTheOther() {
        SendQueue.Reader reader = empty.plus(A).plus(B).reader();
        assertThat(reader.poll()).isSameAs(A);
        assertThat(reader.isAtEnd()).isFalse();
        assertThat(reader.poll()).isSameAs(B);
        assertThat(reader.poll()).isNull();
        assertThat(reader.isAtEnd()).isTrue();
        assertThat(reader.taken()).isEqualTo(2);
        assertThat(reader.asked()).isNull();
    }
}

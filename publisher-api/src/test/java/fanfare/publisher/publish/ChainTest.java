package fanfare.publisher.publish;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ChainTest {
    private final Chain chain = new Chain();

    @Test
    void eachFollowsTheOneBefore() {
        assertThat(chain.next("x")).isNull();
        assertThat(chain.next("y")).isEqualTo("x");
        assertThat(chain.next("z")).isEqualTo("y");
    }

    @Test
    void nothingIsWaitedForThatIsDone() {
        chain.next("x");
        chain.done("x");
        assertThat(chain.next("y")).isNull();
        chain.next("z");
        chain.done("y");
        assertThat(chain.next("a")).isEqualTo("z");
    }

    @Test
    void whatComesAgainIsFollowedByNothing() {
        chain.next("x");
        chain.next("y");
        assertThat(chain.next("x")).isEqualTo("y");
        assertThat(chain.next("z")).isEqualTo("y");
        chain.done("x");
        assertThat(chain.next("a")).isEqualTo("z");
    }

    @Test
    void whatComesTwiceInARowFollowsWhatItFollowed() {
        chain.next("x");
        chain.next("y");
        assertThat(chain.next("y")).isEqualTo("x");
        assertThat(chain.next("z")).isEqualTo("y");
        chain.done("z");
        assertThat(chain.next("z")).isNull();
    }
}

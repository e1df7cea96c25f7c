package fanfare.deploy.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** One figure, round by round. */
final class Rates {
    private final List<Double> rounds = new ArrayList<>();

    void add(double rate) {
        rounds.add(rate);
    }

    double median() {
        return middle(rounds);
    }

    /** To another one, each round by itself. */
    double ratioTo(Rates other) {
        return middle(IntStream.range(0, rounds.size())
                .mapToObj(i -> rounds.get(i) / other.rounds.get(i))
                .toList());
    }

    private static double middle(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        return (sorted.get((sorted.size() - 1) / 2) + sorted.get(sorted.size() / 2)) / 2;
    }
}

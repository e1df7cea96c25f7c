package fanfare.deploy.bench;

import java.util.List;
import java.util.stream.Stream;

/** How some measurements are spread, the least first. */
record Quantiles(List<Double> ascending) {
    static Quantiles of(Stream<Double> measured) {
        return new Quantiles(measured.sorted().toList());
    }

    /** That share of them was as much or less; 0 without any. */
    double at(double share) {
        return ascending.isEmpty()
                ? 0
                : ascending.get(Math.min(ascending.size() - 1, (int) (share * ascending.size())));
    }

    double most() {
        return at(1);
    }
}

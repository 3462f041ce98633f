package hudson.model;

/** Jenkins's results, from the best to the worst. */
public enum Result {
    SUCCESS,
    UNSTABLE,
    FAILURE,
    NOT_BUILT,
    ABORTED;

    public boolean isWorseThan(Result other) {
        return compareTo(other) > 0;
    }
}

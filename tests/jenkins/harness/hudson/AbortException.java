package hudson;

/** Jenkins's name for an error that is told by its message alone. */
public class AbortException extends java.io.IOException {
    private static final long serialVersionUID = 1L;

    public AbortException(String message) {
        super(message);
    }
}

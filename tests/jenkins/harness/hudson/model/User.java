package hudson.model;

/** Who wrote a change. */
public final class User {
    private final String fullName;

    public User(String fullName) {
        this.fullName = fullName;
    }

    public String getFullName() {
        return fullName;
    }
}

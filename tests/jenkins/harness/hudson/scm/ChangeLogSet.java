package hudson.scm;

import hudson.model.User;
import java.util.List;
import java.util.Map;

/** The changes of a build. As in Jenkins, it cannot be serialised: a library may hold one within a NonCPS method only. */
public final class ChangeLogSet {
    private final List<Entry> entries;

    public ChangeLogSet(List<Entry> entries) {
        this.entries = entries;
    }

    public Object[] getItems() {
        return entries.toArray();
    }

    /** One commit. */
    public static final class Entry {
        private final Map<String, String> said;

        public Entry(Map<String, String> said) {
            this.said = said;
        }

        public String getCommitId() {
            return said.get("sha");
        }

        public String getMsg() {
            return said.get("title");
        }

        public User getAuthor() {
            return new User(said.get("author"));
        }

        public String getAuthorEmail() {
            throw new AssertionError("Jenkins's sandbox refuses it");
        }
    }
}

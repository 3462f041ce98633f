package hudson.tasks.junit;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What the junit plug-in attaches to a build; as in Jenkins, it cannot be serialised. */
@SuppressWarnings("unchecked")
public final class TestResultAction {
    private final Map<String, Object> said;

    public TestResultAction(Map<String, Object> said) {
        this.said = said;
    }

    public int getTotalCount() {
        return (int) said.get("total");
    }

    public int getFailCount() {
        return (int) said.get("failed");
    }

    public int getSkipCount() {
        return (int) said.get("skipped");
    }

    public List<CaseResult> getFailedTests() {
        List<CaseResult> found = new ArrayList<>();
        for (Object each : (List<Object>) said.get("failures")) {
            found.add(new CaseResult((Map<String, String>) each));
        }
        return found;
    }

    /** One test. */
    public static final class CaseResult {
        private final Map<String, String> said;

        CaseResult(Map<String, String> said) {
            this.said = said;
        }

        public String getFullName() {
            return said.get("name");
        }

        public String getErrorDetails() {
            return said.get("message");
        }
    }
}

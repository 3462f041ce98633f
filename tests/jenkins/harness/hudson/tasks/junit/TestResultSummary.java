package hudson.tasks.junit;

import java.io.Serializable;
import java.util.Map;

/** What the step junit returns. */
public final class TestResultSummary implements Serializable {
    private static final long serialVersionUID = 1L;
    private final int totalCount;
    private final int failCount;
    private final int skipCount;

    public TestResultSummary(Map<String, Object> said) {
        totalCount = (int) said.getOrDefault("total", 0);
        failCount = (int) said.getOrDefault("failed", 0);
        skipCount = (int) said.getOrDefault("skipped", 0);
    }

    public int getTotalCount() {
        return totalCount;
    }

    public int getFailCount() {
        return failCount;
    }

    public int getSkipCount() {
        return skipCount;
    }
}

package hudson.model;

import harness.Build;
import hudson.tasks.junit.TestResultAction;
import java.util.List;
import java.util.Map;

/** The build itself, which only a trusted library gets. As in Jenkins, it cannot be serialised. */
public final class Run {
    public List<Object> getAllActions() {
        Map<String, Object> tests = Build.current.part("tests");
        return tests.containsKey("failures") ? List.of("a parameter", new TestResultAction(tests)) : List.of();
    }
}

package harness;

import hudson.AbortException;
import hudson.model.Result;
import hudson.scm.ChangeLogSet;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The build that runs: what a case says of it, and what came of it. One at a time, as one JVM runs the cases one after the other. */
@SuppressWarnings("unchecked")
public final class Build {
    public static Build current;

    public final List<Earlier> previous = new ArrayList<>();
    public final List<Map<String, Object>> causes;
    public final long started;
    public Result result;
    final Map<String, Object> said;
    final Map<String, String> variables = new LinkedHashMap<>();
    final StringBuilder log = new StringBuilder();
    final List<Map<String, Object>> batches = new ArrayList<>();
    Context context = new Context(); // of the code that runs now
    int steps;
    int frozen;

    /** A build before this one. */
    public static final class Earlier {
        public final int number;
        public final String result;

        Earlier(int number, String result) {
            this.number = number;
            this.result = result;
        }
    }

    Build(Map<String, Object> said) {
        this.said = said;
        variables.putAll(part("env"));
        int later = number();
        for (Object one : (List<Object>) said.getOrDefault("previous", List.of())) {
            Map<String, Object> build = one instanceof Map ? (Map<String, Object>) one : Map.of();
            later = ((Number) build.getOrDefault("number", later - 1)).intValue();
            previous.add(new Earlier(later, one instanceof Map ? (String) build.get("result") : (String) one));
        }
        causes = (List<Map<String, Object>>) said.getOrDefault("causes", List.of());
        started = ((Number) said.getOrDefault("started", 0)).longValue();
    }

    /** A part of the case that is an object, empty where it is absent. */
    public <T> Map<String, T> part(String name) {
        return (Map<String, T>) said.getOrDefault(name, Map.of());
    }

    public boolean is(String name) {
        return Boolean.TRUE.equals(said.get(name));
    }

    boolean has(String name, String item) {
        return ((List<String>) said.getOrDefault(name, List.of())).contains(item);
    }

    /** Throws where the case says that the build's record is gone. */
    public void remember() throws AbortException {
        if (is("forgets")) {
            throw new AbortException("No build record could be located.");
        }
    }

    /** The build's result gets worse, and never better. */
    public void worsen(Result other) {
        result = result == null || other.isWorseThan(result) ? other : result;
    }

    public List<ChangeLogSet> changeSets() {
        List<ChangeLogSet.Entry> entries = new ArrayList<>();
        for (Object change : (List<Object>) said.getOrDefault("changes", List.of())) {
            entries.add(new ChangeLogSet.Entry((Map<String, String>) change));
        }
        return List.of(new ChangeLogSet(entries));
    }

    /** The build's number. */
    public int number() {
        return Integer.parseInt(variables.get("BUILD_NUMBER"));
    }

    /** The page of a build of this job; null where the controller's root URL is not configured. */
    public String page(int number) {
        return variables.containsKey("JOB_URL") ? variables.get("JOB_URL") + number + "/" : null;
    }

    /** The agent of a label, or null where none is online. */
    Context.Agent agent(String label) {
        Map<String, Object> agents = part("agents");
        Map<String, Object> found = (Map<String, Object>) agents.get(label);
        return found == null ? null : new Context.Agent("agent-" + label, (String) found.get("workspace"), (Map<String, String>) found.get("env"));
    }
}

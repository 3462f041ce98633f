package harness;

import groovy.json.JsonOutput;
import groovy.json.JsonSlurper;
import hudson.model.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jenkinsci.plugins.workflow.steps.FlowInterruptedException;

/** Runs cases: KIND LIBRARY ALLOWED CASES RESULTS, the last two JSON files. KIND is cps, sandbox or plain. */
public final class Main {
    private Main() {}

    @SuppressWarnings("unchecked")
    public static void main(String[] words) throws Exception {
        Guard guard = words[0].equals("sandbox") ? new Guard(Path.of(words[2])) : null;
        Engine.current = new Engine(words[0], Path.of(words[1]), guard);
        List<Object> results = new ArrayList<>();
        for (Object said : (List<Object>) new JsonSlurper().parse(Path.of(words[3]).toFile(), "UTF-8")) {
            results.add(run((Map<String, Object>) said));
        }
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("results", results);
        all.put("unused", guard == null ? List.of() : guard.unused());
        Files.writeString(Path.of(words[4]), JsonOutput.toJson(all));
    }

    private static Map<String, Object> run(Map<String, Object> said) {
        Build build = Build.current = new Build(said);
        Throwable thrown = null;
        try {
            Engine.current.run((String) said.get("script"));
        } catch (Throwable caught) {
            thrown = caught;
            build.worsen(caught instanceof FlowInterruptedException ? ((FlowInterruptedException) caught).getResult() : Result.FAILURE);
        }
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("name", said.get("name"));
        result.put("log", build.log.toString());
        result.put("result", build.result == null ? "SUCCESS" : build.result.name());
        result.put("thrown", thrown == null ? null : thrown.getClass().getName());
        result.put("message", thrown == null ? null : String.valueOf(thrown.getMessage()));
        result.put("where", thrown == null ? "" : Steps.trace(thrown));
        result.put("batches", build.batches);
        result.put("steps", build.steps);
        result.put("frozen", build.frozen);
        return result;
    }
}

package harness;

import java.util.List;

/**
 * The blocks of a Declarative pipeline, as steps, so that such a file runs as it stands.
 *
 * Declarative's own parser is not on Maven Central. What holds here is what Jenkins documents: steps that fail end the stages and set the
 * result, a post block runs after them on the same agent, its conditions go by the result, and the failure comes out at the end.
 * https://www.jenkins.io/doc/book/pipeline/syntax/#post
 */
final class Declarative {
    private static final List<String> KEPT = List.of("steps", "stages"); // their failures wait for the post block
    private static final List<String> ENDS = List.of("stage", "pipeline");

    private Declarative() {}

    static Object begin(Step step) throws Throwable {
        String result = Build.current.result == null ? "SUCCESS" : Build.current.result.name();
        switch (step.name) {
            case "pipeline":
            case "stages":
            case "steps":
            case "script":
            case "always":
            case "cleanup":
                return Step.BODY;
            case "agent":
                String label = step.given.get("label") == null ? "" : step.text("label");
                if (!"none".equals(step.given.get(""))) {
                    step.outer.enter(Build.current.agent(label));
                }
                return null;
            case "post":
                step.inner.layer.putIfAbsent("STAGE_NAME", "Declarative: Post Actions"); // within a stage, that stage's name stays
                return Step.BODY;
            case "success":
            case "failure":
            case "aborted":
                return result.equalsIgnoreCase(step.name) ? Step.BODY : null;
            default:
                throw new NoSuchMethodError("No such DSL method '" + step.name + "' found among steps [echo, sh]");
        }
    }

    static Object end(Step step, Object value, Throwable failed) throws Throwable {
        if (KEPT.contains(step.name) && failed != null) {
            Build.current.worsen(Steps.result(failed));
            step.outer.failed = failed;
            return null;
        }
        Throwable thrown = ENDS.contains(step.name) && step.inner.failed != null ? step.inner.failed : failed;
        if (thrown != null) {
            throw thrown;
        }
        return value;
    }
}

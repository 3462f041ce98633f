package harness;

import hudson.AbortException;
import hudson.model.Result;
import hudson.tasks.junit.TestResultSummary;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jenkinsci.plugins.credentialsbinding.impl.CredentialNotFoundException;
import org.jenkinsci.plugins.workflow.steps.FlowInterruptedException;

/** The steps, for real: processes run, files are written, time passes, and what has no agent fails. Windows's `bat` is only written down. */
@SuppressWarnings("unchecked")
final class Steps {
    private static final long POLL_MILLIS = 10;
    private static final long PATIENCE_MILLIS = 30_000; // no case takes so long: then the harness itself hangs
    private static final List<String> ON_AGENT = List.of("sh", "bat", "pwd", "isUnix", "dir", "deleteDir", "writeFile", "readFile", "fileExists");

    private Steps() {}

    static Object begin(Step step) throws Throwable {
        Build build = Build.current;
        Context here = step.outer;
        if (build.has("absent", step.name)) {
            throw new NoSuchMethodError("No such DSL method '" + step.name + "' found among steps [echo, sh]");
        }
        if (ON_AGENT.contains(step.name) && here.agent == null) {
            throw new AbortException("Required context class hudson.FilePath is missing: the step " + step.name + " needs a node");
        }
        interrupted(here);
        step.inner = here.inner();
        switch (step.name) {
            case "echo":
                build.log.append(step.text("message")).append('\n');
                return null;
            case "error":
                throw new AbortException(step.text("message"));
            case "checkout":
                return null;
            case "unstable":
                build.worsen(Result.UNSTABLE);
                return null;
            case "junit":
                build.worsen(Result.UNSTABLE);
                return new TestResultSummary(build.part("tests"));
            case "interrupt": // what other plugins throw into a build: build, milestone, input
                throw new FlowInterruptedException(Result.valueOf(step.text("result")), step.text("cause"));
            case "same": // is this the very exception that was thrown?
                return step.given.get("one") == step.given.get("other");
            case "isUnix":
                return !build.is("windows");
            case "pwd":
                return Boolean.TRUE.equals(step.given.get("tmp")) ? here.folder + "@tmp" : here.folder;
            case "fileExists":
                return Files.exists(path(step, "file"));
            case "readFile":
                return Files.readString(path(step, "file"));
            case "writeFile":
                Files.createDirectories(path(step, "file").getParent());
                Files.writeString(path(step, "file"), step.text("text"), StandardCharsets.UTF_8);
                return null;
            case "deleteDir":
                delete(Path.of(here.folder));
                return null;
            case "libraryResource":
                return Files.readString(Engine.current.library.resolve("resources").resolve(step.text("resource")));
            case "readTrusted":
                return trusted(step.text("path"));
            case "sh":
                return shell(step);
            case "bat":
                return batch(step);
            case "string":
            case "file":
            case "usernamePassword":
                Map<String, Object> binding = new LinkedHashMap<>(step.given);
                binding.put("type", step.name);
                return binding;
            default:
                return around(step);
        }
    }

    /** The steps with a body: what it will find. */
    private static Object around(Step step) throws Throwable {
        Context inner = step.inner;
        switch (step.name) {
            case "withEnv":
                for (Object pair : (List<Object>) step.given.get("")) {
                    String text = String.valueOf(pair);
                    inner.layer.put(text.substring(0, text.indexOf('=')), text.substring(text.indexOf('=') + 1));
                }
                return Step.BODY;
            case "withCredentials":
                for (Object binding : (List<Object>) step.given.get("")) {
                    bind((Map<String, Object>) binding, inner);
                }
                return Step.BODY;
            case "node":
                inner.enter(waitFor(step, step.text("label") == null ? "" : step.text("label")));
                return Step.BODY;
            case "timeout":
                long millis = TimeUnit.valueOf((String) step.given.getOrDefault("unit", "MINUTES")).toMillis(((Number) step.given.get("time")).longValue());
                inner.limits.add(new Context.Limit(System.currentTimeMillis() + millis));
                return Step.BODY;
            case "stage":
                inner.layer.put("STAGE_NAME", step.text("name"));
                return Step.BODY;
            case "dir":
                inner.folder = Path.of(step.outer.folder).resolve(step.text("path")).toString();
                Files.createDirectories(Path.of(inner.folder));
                return Step.BODY;
            case "catchError":
                return Step.BODY;
            default:
                return Declarative.begin(step);
        }
    }

    static Object end(Step step, Object value, Throwable failed) throws Throwable {
        if (step.name.equals("catchError") && failed != null) {
            Build.current.worsen(result(failed));
            return null;
        }
        return Declarative.end(step, value, failed);
    }

    static Result result(Throwable failed) {
        return failed instanceof FlowInterruptedException ? ((FlowInterruptedException) failed).getResult() : Result.FAILURE;
    }

    static String trace(Throwable thrown) {
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    /** What a person's abort, or a time limit, does to the step that is under way. */
    private static void interrupted(Context here) throws FlowInterruptedException {
        Object abort = Build.current.said.get("abort_when");
        if (abort != null && new File((String) abort).delete()) {
            throw new FlowInterruptedException(Result.ABORTED, "Aborted by ada");
        }
        if (here.limits.stream().anyMatch(Context.Limit::ends)) {
            throw new FlowInterruptedException(Result.ABORTED, "Timeout has been exceeded");
        }
    }

    private static Context.Agent waitFor(Step step, String label) throws Exception {
        long patience = System.currentTimeMillis() + PATIENCE_MILLIS;
        Context.Agent agent = Build.current.agent(label);
        while (agent == null) {
            interrupted(step.outer);
            if (System.currentTimeMillis() > patience) {
                throw new AssertionError("no agent for '" + label + "', and nothing bounds the wait for one");
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
        return agent;
    }

    private static Path path(Step step, String key) {
        return Path.of(step.outer.folder).resolve(step.text(key));
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : (Iterable<Path>) all.sorted(Comparator.reverseOrder())::iterator) {
                Files.delete(path);
            }
        }
    }

    private static String trusted(String path) throws IOException {
        Map<String, Object> files = Build.current.part("trusted");
        if (!Build.current.said.containsKey("trusted")) {
            throw new AbortException("‘readTrusted’ is only available when using “Multibranch Pipeline” or “Pipeline script from SCM”");
        }
        Object found = files.get(path);
        if (found == null) {
            throw new java.io.FileNotFoundException(path + " not found");
        }
        if (found instanceof Map) {
            throw new AbortException((String) ((Map<String, Object>) found).get("error"));
        }
        return (String) found;
    }

    private static void bind(Map<String, Object> binding, Context inner) throws IOException {
        String id = (String) binding.get("credentialsId");
        Map<String, String> secret = (Map<String, String>) Build.current.part("credentials").get(id);
        if (secret == null || !secret.get("type").equals(binding.get("type"))) {
            throw new CredentialNotFoundException(id);
        }
        switch (secret.get("type")) {
            case "string":
                inner.layer.put((String) binding.get("variable"), secret.get("secret"));
                break;
            case "file":
                Path file = Files.createTempFile(Path.of(inner.agent.workspace), ".secret", "");
                Files.writeString(file, secret.get("secret"));
                inner.layer.put((String) binding.get("variable"), file.toString());
                break;
            default:
                inner.layer.put((String) binding.get("usernameVariable"), secret.get("username"));
                inner.layer.put((String) binding.get("passwordVariable"), secret.get("secret"));
        }
    }

    private static Object batch(Step step) {
        Map<String, Object> batch = new LinkedHashMap<>();
        batch.put("script", step.text("script"));
        batch.put("env", step.outer.variables());
        Build.current.batches.add(batch);
        return Build.current.said.getOrDefault("batch_status", 0);
    }

    private static Object shell(Step step) throws Exception {
        if (Build.current.has("lost", step.outer.agent.name)) {
            throw new FlowInterruptedException(Result.ABORTED, "Agent was removed");
        }
        Path script = Files.createTempFile("script", ".sh", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path output = Files.createTempFile("script", ".log");
        try {
            Files.writeString(script, step.text("script"));
            List<String> command = step.text("script").startsWith("#!") ? List.of(script.toString()) : List.of("/bin/sh", "-xe", script.toString());
            ProcessBuilder builder = new ProcessBuilder(command).directory(new File(step.outer.folder)).redirectErrorStream(true);
            builder.redirectOutput(output.toFile()).redirectInput(new File("/dev/null"));
            builder.environment().clear();
            builder.environment().putAll(step.outer.variables());
            int code = ended(builder.start(), step);
            if (Build.current.has("breaks", step.outer.agent.name)) {
                throw new AbortException("Unable to contact the agent");
            }
            if (Boolean.TRUE.equals(step.given.get("returnStatus"))) {
                return code;
            }
            if (code != 0) {
                throw new AbortException("script returned exit code " + code);
            }
            return null;
        } finally {
            Build.current.log.append(Files.readString(output));
            Files.delete(output);
            Files.delete(script);
        }
    }

    private static int ended(Process process, Step step) throws Exception {
        try {
            while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                interrupted(step.outer);
            }
            return process.exitValue();
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
        }
    }
}

package harness;

import com.cloudbees.groovy.cps.Continuable;
import com.cloudbees.groovy.cps.Continuation;
import com.cloudbees.groovy.cps.CpsTransformer;
import com.cloudbees.groovy.cps.Env;
import com.cloudbees.groovy.cps.Envs;
import com.cloudbees.groovy.cps.Outcome;
import com.cloudbees.groovy.cps.SandboxCpsTransformer;
import com.cloudbees.groovy.cps.impl.CpsCallableInvocation;
import com.cloudbees.groovy.cps.sandbox.SandboxInvoker;
import groovy.lang.Binding;
import groovy.lang.Closure;
import groovy.lang.GroovyClassLoader;
import groovy.lang.GroovyShell;
import groovy.lang.Script;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.io.Serializable;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.codehaus.groovy.control.CompilerConfiguration;
import org.codehaus.groovy.control.customizers.ImportCustomizer;
import org.jenkinsci.plugins.workflow.libs.Library;

/**
 * Loads a shared library and runs Jenkinsfiles with it: "cps" and "sandbox" by Jenkins's own transformer and interpreter, "plain" by Groovy.
 *
 * Under the first two the whole program, all of its suspended bodies at once, goes through Java's serialisation before each step's
 * outcome is handed in, as it does when a controller restarts.
 */
final class Engine {
    static Engine current;

    final Path library;
    final Guard guard;
    private final boolean plain;
    private final CompilerConfiguration configuration = new CompilerConfiguration();
    private final GroovyClassLoader loader;
    private ClassLoader programLoader;

    Engine(String kind, Path library, Guard guard) {
        this.library = library;
        this.guard = guard;
        plain = kind.equals("plain");
        configuration.setScriptBaseClass(PipelineScript.class.getName());
        configuration.addCompilationCustomizers(new ImportCustomizer().addImports(Library.class.getName()));
        if (!plain) {
            configuration.addCompilationCustomizers(guard == null ? new CpsTransformer() : new SandboxCpsTransformer());
        }
        loader = new GroovyClassLoader(Engine.class.getClassLoader(), configuration);
        loader.addClasspath(library.resolve("src").toString());
        loader.addClasspath(library.resolve("vars").toString());
    }

    /** Run a Jenkinsfile to its end. Throws what it throws. */
    void run(String text) throws Throwable {
        Script script = new GroovyShell(loader, new Binding(), configuration).parse(text, "WorkflowScript.groovy");
        programLoader = script.getClass().getClassLoader();
        if (plain) {
            script.run();
            return;
        }
        if (guard == null) {
            watch();
        } else {
            guard.register();
        }
        try {
            drive(new Program(new Continuable(script, base())));
        } finally {
            if (guard != null) {
                guard.unregister();
            }
        }
    }

    /** Keep what groovy-cps (from 1.26 on) warns of: code that is not transformed, and calls code that is. */
    private static void watch() throws ReflectiveOperationException {
        for (Class<?> handler : CpsCallableInvocation.class.getDeclaredClasses()) {
            Object keep = Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, (proxy, method, said) -> {
                if (!(said[0] instanceof PipelineScript)) { // else it is a step, as it should be
                    Build.current.log.append("expected to call " + said[1] + " but wound up catching " + said[3] + '\n');
                }
                return null;
            });
            CpsCallableInvocation.class.getMethod("registerMismatchHandler", handler).invoke(null, keep);
        }
    }

    private Env base() {
        return guard == null ? Envs.empty() : Envs.empty(new SandboxInvoker());
    }

    private void drive(Program program) throws Throwable {
        Program now = program;
        while (true) {
            now = thawed(frozen(now));
            Frame top = now.top();
            Build.current.context = top.context;
            Outcome outcome = top.code.run0(now.next);
            if (outcome.isSuccess() && top.code.isResumable()) {
                now.next = begin(now, (Step) outcome.getNormal());
                continue;
            }
            now.frames.remove(now.frames.size() - 1);
            if (now.frames.isEmpty()) {
                outcome.replay();
                return;
            }
            now.next = ended(top.step, outcome);
        }
    }

    private Outcome begin(Program program, Step step) {
        try {
            Object value = step.begin();
            if (value != Step.BODY) {
                return new Outcome(value, null);
            }
        } catch (Throwable thrown) {
            return new Outcome(null, thrown);
        }
        try {
            return ended(step, new Outcome(step.body.call(), null));
        } catch (CpsCallableInvocation call) {
            program.frames.add(new Frame(new Continuable(call.invoke(base(), null, Continuation.HALT)), step, step.inner));
            return new Outcome(null, null);
        } catch (Throwable thrown) {
            return ended(step, new Outcome(null, thrown));
        }
    }

    private static Outcome ended(Step step, Outcome body) {
        try {
            return new Outcome(step.end(body.getNormal(), body.getAbnormal()), null);
        } catch (Throwable thrown) {
            return new Outcome(null, thrown);
        }
    }

    /** Call a step from Groovy code. */
    Object step(String name, Object[] arguments) {
        Build.current.steps++;
        Step step = new Step(name, arguments, Build.current.context);
        if (!plain) {
            return Continuable.suspend(step);
        }
        try {
            Object value = step.begin();
            return value == Step.BODY ? runBody(step) : value;
        } catch (Throwable thrown) {
            return Engine.<RuntimeException>sneak(thrown);
        }
    }

    private Object runBody(Step step) throws Throwable {
        Context outer = Build.current.context;
        Build.current.context = step.inner;
        Object value = null;
        Throwable failed = null;
        try {
            value = step.body.call();
        } catch (Throwable thrown) {
            failed = thrown;
        }
        Build.current.context = outer;
        return step.end(value, failed);
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> Object sneak(Throwable thrown) throws T {
        throw (T) thrown;
    }

    /** A library's variable (vars/NAME.groovy), or null. */
    Object libraryVariable(String name) {
        if (!Files.exists(library.resolve("vars/" + name + ".groovy"))) {
            return null;
        }
        try {
            return loader.loadClass(name).getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException error) {
            throw new IllegalStateException(error);
        }
    }

    private static byte[] frozen(Program program) throws IOException {
        Build.current.frozen++;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(program);
        }
        return bytes.toByteArray();
    }

    private Program thawed(byte[] bytes) throws IOException, ClassNotFoundException {
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes)) {
            @Override
            protected Class<?> resolveClass(ObjectStreamClass description) throws ClassNotFoundException {
                return Class.forName(description.getName(), false, programLoader);
            }
        }) {
            return (Program) in.readObject();
        }
    }

    /** The program: the script, and the bodies that it is in, each within the one before; and what the innermost is to go on with. */
    private static final class Program implements Serializable {
        private static final long serialVersionUID = 1L;
        final List<Frame> frames = new ArrayList<>();
        Outcome next = new Outcome(null, null);

        Program(Continuable script) {
            frames.add(new Frame(script, null, Build.current.context));
        }

        Frame top() {
            return frames.get(frames.size() - 1);
        }
    }

    private static final class Frame implements Serializable {
        private static final long serialVersionUID = 1L;
        final Continuable code;
        final Step step;
        final Context context;

        Frame(Continuable code, Step step, Context context) {
            this.code = code;
            this.step = step;
            this.context = context;
        }
    }
}

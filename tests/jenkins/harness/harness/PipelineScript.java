package harness;

import com.cloudbees.groovy.cps.SerializableScript;
import groovy.lang.MissingPropertyException;
import org.codehaus.groovy.runtime.InvokerHelper;
import org.codehaus.groovy.runtime.InvokerInvocationException;
import org.jenkinsci.plugins.workflow.support.steps.build.RunWrapper;

/** What Jenkinsfiles and a library's variables derive from: what they do not have themselves is a library's variable, or a step. */
public abstract class PipelineScript extends SerializableScript {
    private static final long serialVersionUID = 1L;

    @Override
    public Object invokeMethod(String name, Object arguments) {
        Object[] list = arguments instanceof Object[] ? (Object[]) arguments : new Object[] {arguments};
        Object variable = Engine.current.libraryVariable(name);
        if (variable == null) {
            return Engine.current.step(name, list);
        }
        try {
            return InvokerHelper.getMetaClass(variable).invokeMethod(variable, "call", list);
        } catch (InvokerInvocationException wrapped) {
            if (wrapped.getCause() instanceof Error) { // how groovy-cps makes a call
                throw (Error) wrapped.getCause();
            }
            throw wrapped;
        }
    }

    @Override
    public Object getProperty(String name) {
        switch (name) {
            case "env":
                return new Variables();
            case "currentBuild":
                return new RunWrapper(0);
            case "scm":
            case "any":
            case "none":
                return name;
            default:
                break;
        }
        try {
            return super.getProperty(name);
        } catch (MissingPropertyException missing) {
            String value = Build.current.context.variables().get(name);
            if (value != null) {
                return value;
            }
            throw missing;
        }
    }
}

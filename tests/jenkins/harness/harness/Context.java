package harness;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Where a step stands: its variables, its folder, its agent (null outside of node), its time limit. */
final class Context implements Serializable {
    private static final long serialVersionUID = 1L;
    Map<String, String> layer = new LinkedHashMap<>(); // what withEnv, withCredentials and stage put over the build's variables
    Agent agent;
    String folder;
    List<Limit> limits = new ArrayList<>(); // of the timeouts around it
    Throwable failed; // of Declarative's stages: thrown again at the pipeline's end

    Context inner() {
        Context copy = new Context();
        copy.layer.putAll(layer);
        copy.agent = agent;
        copy.folder = folder;
        copy.limits.addAll(limits);
        return copy;
    }

    void enter(Agent entered) {
        agent = entered;
        folder = entered.workspace;
    }

    /** The variables as a step here sees them. */
    Map<String, String> variables() {
        Map<String, String> all = new LinkedHashMap<>();
        if (agent != null) {
            all.putAll(agent.variables);
            all.put("WORKSPACE", agent.workspace);
            all.put("NODE_NAME", agent.name);
        }
        all.putAll(Build.current.variables);
        all.putAll(layer);
        return all;
    }

    /** A timeout's: it interrupts one step, and what comes after that goes on, as it has a minute's grace in Jenkins. */
    static final class Limit implements Serializable {
        private static final long serialVersionUID = 1L;
        final long at; // on System.currentTimeMillis's clock
        boolean over;

        Limit(long at) {
            this.at = at;
        }

        boolean ends() {
            boolean first = !over && System.currentTimeMillis() >= at;
            over |= first;
            return first;
        }
    }

    /** An agent, as a case describes it. */
    static final class Agent implements Serializable {
        private static final long serialVersionUID = 1L;
        final String name;
        final String workspace;
        final Map<String, String> variables;

        Agent(String name, String workspace, Map<String, String> variables) {
            this.name = name;
            this.workspace = workspace;
            this.variables = new LinkedHashMap<>(variables); // what JsonSlurper gives cannot be serialised
        }
    }
}

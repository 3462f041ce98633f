package harness;

import groovy.lang.Closure;
import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;

/** One call of a step: what it was given, and where it stands. */
final class Step implements Serializable {
    private static final long serialVersionUID = 1L;
    static final Object BODY = new Object(); // what a step begins with that runs its body

    final String name;
    final Map<String, Object> given = new LinkedHashMap<>();
    final Context outer;
    Context inner;
    transient Closure<?> body;

    Step(String name, Object[] arguments, Context outer) {
        this.name = name;
        this.outer = outer;
        for (Object argument : arguments) {
            if (argument instanceof Closure) {
                body = (Closure<?>) argument;
            } else if (argument instanceof Map) {
                ((Map<?, ?>) argument).forEach((key, value) -> given.put(String.valueOf(key), value));
            } else {
                given.put("", argument);
            }
        }
    }

    /** A parameter's text, by its name or as the only one. */
    String text(String key) {
        Object value = given.containsKey(key) ? given.get(key) : given.get("");
        return value == null ? null : String.valueOf(value);
    }

    /** The step's value, or BODY. Throws what the step throws. */
    Object begin() throws Throwable {
        return Steps.begin(this);
    }

    /** The step's value after its body, which gave a value or failed. Throws what the step throws. */
    Object end(Object value, Throwable failed) throws Throwable {
        return Steps.end(this, value, failed);
    }
}

package harness;

import groovy.lang.GroovyObjectSupport;
import java.io.Serializable;

/** env. */
public final class Variables extends GroovyObjectSupport implements Serializable {
    private static final long serialVersionUID = 1L;

    @Override
    public Object getProperty(String name) {
        return Build.current.context.variables().get(name);
    }

    @Override
    public void setProperty(String name, Object value) {
        Build.current.variables.put(name, String.valueOf(value));
    }

    private void readObject(java.io.ObjectInputStream in) throws java.io.IOException, ClassNotFoundException {
        in.defaultReadObject();
        setMetaClass(null);
    }
}

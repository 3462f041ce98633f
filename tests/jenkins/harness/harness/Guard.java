package harness;

import groovy.lang.GString;
import groovy.lang.GroovyClassLoader;
import groovy.lang.MissingMethodException;
import groovy.lang.MissingPropertyException;
import java.io.IOException;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.codehaus.groovy.runtime.DateGroovyMethods;
import org.codehaus.groovy.runtime.DefaultGroovyMethods;
import org.codehaus.groovy.runtime.GStringImpl;
import org.codehaus.groovy.runtime.MetaClassHelper;
import org.codehaus.groovy.runtime.ScriptBytecodeAdapter;
import org.codehaus.groovy.runtime.StringGroovyMethods;
import org.jenkinsci.plugins.scriptsecurity.sandbox.RejectedAccessException;
import org.kohsuke.groovy.sandbox.GroovyInterceptor;

/**
 * Jenkins's sandbox: what code may call is what a list allows, in script-security's notation, and what the code itself defines.
 *
 * As there, a call counts as one of the method's first declaration, in the topmost class or interface that has it.
 * The list holds only what the library uses; `unused` is what it does not.
 */
final class Guard extends GroovyInterceptor {
    private static final List<Class<?>> GROOVY = List.of(DefaultGroovyMethods.class, StringGroovyMethods.class, DateGroovyMethods.class);
    private static final Set<Class<?>> BUILT_IN = Set.of(GStringImpl.class, PipelineScript.class); // by workflow-cps: CpsWhitelist, "new CpsScript"
    private static final Set<Class<?>> CASTS = Set.of(String.class, String[].class, Object[].class); // by CpsWhitelist: how a text with values is made
    private static final Set<String> ARITHMETIC = Set.of("plus", "minus", "multiply", "div", "compareTo", "mod");

    private final Set<String> allowed = new TreeSet<>();
    private final Set<String> used = new TreeSet<>();

    Guard(Path list) throws IOException {
        for (String line : Files.readAllLines(list)) {
            if (!line.isBlank() && !line.startsWith("#")) {
                allowed.add(line.trim());
            }
        }
    }

    Set<String> unused() {
        Set<String> rest = new TreeSet<>(allowed);
        rest.removeAll(used);
        return rest;
    }

    @Override
    public Object onMethodCall(Invoker invoker, Object receiver, String name, Object... arguments) throws Throwable {
        Method method = method(receiver, name, arguments);
        if (method == null && receiver instanceof Number && ARITHMETIC.contains(name)) {
            return super.onMethodCall(invoker, receiver, name, arguments);
        }
        if (method == null) {
            method = added(receiver, name, arguments);
        }
        if (method != null) {
            check(permits(method, receiver), signature(method));
            return super.onMethodCall(invoker, receiver, name, arguments);
        }
        if (receiver instanceof PipelineScript) { // a step, or a library's variable
            return super.onMethodCall(invoker, receiver, name, arguments);
        }
        throw new MissingMethodException(name, receiver.getClass(), arguments);
    }

    @Override
    public Object onStaticCall(Invoker invoker, Class receiver, String name, Object... arguments) throws Throwable {
        if (receiver == ScriptBytecodeAdapter.class && name.equals("asType") && CASTS.contains(arguments[1])) {
            return super.onStaticCall(invoker, receiver, name, arguments);
        }
        Method method = declared(receiver, name, arguments, true);
        check(method != null && permits(method, null), method == null ? receiver.getName() + " " + name : signature(method));
        return super.onStaticCall(invoker, receiver, name, arguments);
    }

    @Override
    public Object onNewInstance(Invoker invoker, Class receiver, Object... arguments) throws Throwable {
        for (Constructor<?> constructor : receiver.getDeclaredConstructors()) {
            if (takes(constructor, arguments)) {
                String signature = "new " + receiver.getName() + types(constructor);
                check(own(receiver) || BUILT_IN.contains(receiver) || allows(signature), signature);
                return super.onNewInstance(invoker, receiver, arguments);
            }
        }
        throw new RejectedAccessException("new " + receiver.getName());
    }

    @Override
    public Object onGetProperty(Invoker invoker, Object receiver, String name) throws Throwable {
        boolean length = name.equals("length") && receiver.getClass().isArray();
        if (length || receiver instanceof PipelineScript || receiver instanceof Variables) {
            return super.onGetProperty(invoker, receiver, name);
        }
        Method getter = method(receiver, "get" + MetaClassHelper.capitalize(name));
        if (getter == null) {
            getter = added(receiver, "get" + MetaClassHelper.capitalize(name));
        }
        if (getter != null) {
            check(permits(getter, receiver), signature(getter));
            return super.onGetProperty(invoker, receiver, name);
        }
        checkField(receiver, name);
        return super.onGetProperty(invoker, receiver, name);
    }

    @Override
    public Object onSetProperty(Invoker invoker, Object receiver, String name, Object value) throws Throwable {
        if (!(receiver instanceof PipelineScript || receiver instanceof Variables)) {
            Method setter = method(receiver, "set" + MetaClassHelper.capitalize(name), value);
            if (setter == null) {
                checkField(receiver, name);
            } else {
                check(permits(setter, receiver), signature(setter));
            }
        }
        return super.onSetProperty(invoker, receiver, name, value);
    }

    @Override
    public Object onGetAttribute(Invoker invoker, Object receiver, String name) throws Throwable {
        checkField(receiver, name);
        return super.onGetAttribute(invoker, receiver, name);
    }

    @Override
    public Object onSetAttribute(Invoker invoker, Object receiver, String name, Object value) throws Throwable {
        checkField(receiver, name);
        return super.onSetAttribute(invoker, receiver, name, value);
    }

    @Override
    public Object onGetArray(Invoker invoker, Object receiver, Object index) throws Throwable {
        if (!receiver.getClass().isArray()) {
            Method method = method(receiver, "getAt", index) == null ? added(receiver, "getAt", index) : method(receiver, "getAt", index);
            check(method != null && permits(method, receiver), "getAt of " + receiver.getClass().getName());
        }
        return super.onGetArray(invoker, receiver, index);
    }

    @Override
    public Object onSetArray(Invoker invoker, Object receiver, Object index, Object value) throws Throwable {
        throw new RejectedAccessException("putAt of " + receiver.getClass().getName());
    }

    @Override
    public Object onSuperCall(Invoker invoker, Class sender, Object receiver, String name, Object... arguments) throws Throwable {
        throw new RejectedAccessException("super." + name);
    }

    private void checkField(Object receiver, String name) {
        Class<?> type = receiver instanceof Class ? (Class<?>) receiver : receiver.getClass();
        for (Class<?> each = type; each != null; each = each.getSuperclass()) {
            for (Field field : each.getDeclaredFields()) {
                if (field.getName().equals(name)) {
                    check(own(each), (Modifier.isStatic(field.getModifiers()) ? "staticField " : "field ") + each.getName() + " " + name);
                    return;
                }
            }
        }
        throw new MissingPropertyException(name, type);
    }

    private static void check(boolean permitted, String signature) {
        if (!permitted) {
            throw new RejectedAccessException(signature);
        }
    }

    private boolean permits(Method method, Object receiver) {
        Class<?> type = method.getDeclaringClass();
        boolean step = receiver instanceof PipelineScript && method.getName().equals("invokeMethod");
        boolean variable = receiver instanceof Variables && method.getName().matches("[gs]etProperty");
        return own(type) || step || variable || allows(signature(method));
    }

    private boolean allows(String signature) {
        used.add(signature);
        return allowed.contains(signature);
    }

    /** Whether a class was compiled from the Jenkinsfile or the library. */
    private static boolean own(Class<?> type) {
        return type.getClassLoader() instanceof GroovyClassLoader;
    }

    private static Method method(Object receiver, String name, Object... arguments) {
        Set<Class<?>> types = new LinkedHashSet<>();
        visit(types, receiver.getClass());
        if (receiver instanceof GString) {
            visit(types, String.class);
        }
        for (Class<?> type : types) {
            Method found = declared(type, name, arguments, false);
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    private static void visit(Set<Class<?>> types, Class<?> type) {
        if (type.getSuperclass() != null) {
            visit(types, type.getSuperclass());
        }
        for (Class<?> each : type.getInterfaces()) {
            visit(types, each);
        }
        types.add(type);
    }

    /** A method that Groovy adds to a type; an allowed one, where two fit. */
    private Method added(Object receiver, String name, Object... arguments) {
        Object[] all = new Object[arguments.length + 1];
        all[0] = receiver;
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        Method found = null;
        for (Class<?> type : GROOVY) {
            Method method = declared(type, name, all, true);
            if (method != null && (found == null || allowed.contains(signature(method)))) {
                found = method;
            }
        }
        return found;
    }

    private static Method declared(Class<?> type, String name, Object[] arguments, boolean statics) {
        Method best = null;
        for (Method method : type.getDeclaredMethods()) {
            boolean candidate = method.getName().equals(name) && (own(type) || Modifier.isStatic(method.getModifiers()) == statics);
            if (candidate && takes(method, arguments) && (best == null || narrower(method, best))) {
                best = method;
            }
        }
        return best;
    }

    private static boolean narrower(Method one, Method other) {
        Class<?>[] ones = one.getParameterTypes();
        Class<?>[] others = other.getParameterTypes();
        for (int i = 0; i < Math.min(ones.length, others.length); i++) {
            if (ones[i] != others[i]) {
                return wrapped(others[i]).isAssignableFrom(wrapped(ones[i]));
            }
        }
        return ones.length > others.length;
    }

    private static boolean takes(Executable called, Object[] arguments) {
        Class<?>[] types = called.getParameterTypes();
        if (called.isVarArgs() && arguments.length >= types.length - 1 && !(arguments.length == types.length && fits(types[types.length - 1], arguments[types.length - 1]))) {
            Class<?> item = types[types.length - 1].getComponentType();
            for (int i = 0; i < arguments.length; i++) {
                if (!fits(i < types.length - 1 ? types[i] : item, arguments[i])) {
                    return false;
                }
            }
            return true;
        }
        if (types.length != arguments.length) {
            return false;
        }
        for (int i = 0; i < types.length; i++) {
            if (!fits(types[i], arguments[i])) {
                return false;
            }
        }
        return true;
    }

    private static boolean fits(Class<?> type, Object argument) {
        if (argument == null) {
            return !type.isPrimitive();
        }
        boolean number = type.isPrimitive() && argument instanceof Number && (type == long.class || type == double.class);
        return wrapped(type).isInstance(argument) || number || type == String.class && argument instanceof GString;
    }

    private static Class<?> wrapped(Class<?> type) {
        return type.isPrimitive() && type != void.class ? Array.get(Array.newInstance(type, 1), 0).getClass() : type;
    }

    private static String signature(Method method) {
        String kind = Modifier.isStatic(method.getModifiers()) ? "staticMethod " : "method ";
        return kind + method.getDeclaringClass().getName() + " " + method.getName() + types(method);
    }

    private static String types(Executable called) {
        StringBuilder text = new StringBuilder();
        for (Class<?> type : called.getParameterTypes()) {
            text.append(' ').append(type.isArray() ? type.getComponentType().getName() + "[]" : type.getName());
        }
        return text.toString();
    }
}

package io.tocsin

import com.cloudbees.groovy.cps.NonCPS

/** What a step was asked for. What cannot be used is left out, and stands in `problems`, a line each. */
class Options implements Serializable {

    private static final long serialVersionUID = 1L

    /** The parameters that travel as they are, and the variable that each becomes. */
    static final Map PASSED_ON = [
        policy: 'TOCSIN_POLICY', project: 'TOCSIN_PROJECT', app: 'TOCSIN_APP', environment: 'TOCSIN_ENVIRONMENT',
        cluster: 'TOCSIN_CLUSTER', kind: 'TOCSIN_KIND', image: 'TOCSIN_IMAGE', triggeredBy: 'TOCSIN_TRIGGERED_BY',
        version: 'TOCSIN_VERSION',
    ]
    static final List OTHERS = ['status', 'strict', 'dryRun', 'credentials', 'node', 'timeout', 'branchIndexing', 'stage', 'tests',
        'testResults', 'lookUps']

    /** The parameters of a test message, and the variables that scripts quote: none may hold what a quoted word cannot on Windows. */
    static final Map QUOTED = [channel: 'TOCSIN_STEP_CHANNEL', to: 'TOCSIN_STEP_TO']
    private static final String QUOTABLE = '[^"%\\\\\\p{Cntrl}]+'
    static final int TIMEOUT_SECONDS = 120 // ours: the program's own budget is 30, and an agent may have to be waited for
    static final int NEAR_EDITS = 3 // ours: more typing errors than these make another word

    final Map given = [:]
    final List problems = []

    /** `wanted` is the map of the step's parameters, `more` the names that only this step has. */
    Options(Object wanted, List more) {
        List known = PASSED_ON.keySet().toList() + OTHERS + more
        if (wanted instanceof Map) {
            read(wanted, known)
        } else {
            problems.add("parameters have names, as in tocsin(app: 'payments'): what has none is left out")
        }
    }

    /** A parameter's text; empty where it is not given. */
    @NonCPS
    String text(String name) {
        Object value = given.get(name)
        return value == null ? '' : "${value}".toString().trim()
    }

    /** A parameter's texts, which are one or a list. */
    @NonCPS
    List texts(String name) {
        Object value = given.get(name)
        List found = []
        for (Object each : value instanceof List ? value : [value]) {
            String text = each == null ? '' : "${each}".toString().trim()
            if (text) {
                found.add(text)
            }
        }
        return found
    }

    /** Whether a parameter is true, or the text "true". */
    @NonCPS
    boolean flag(String name) {
        return text(name).equalsIgnoreCase('true')
    }

    /** How many seconds all of it may take. */
    @NonCPS
    int seconds() {
        return text('timeout') ? Integer.parseInt(text('timeout')) : TIMEOUT_SECONDS
    }

    /** The variables that the parameters become, as withEnv takes them. */
    @NonCPS
    List variables() {
        List found = []
        for (Map.Entry entry : (PASSED_ON + QUOTED).entrySet()) {
            String value = text(entry.key)
            if (value) {
                found.add("${entry.value}=${value}".toString())
            }
        }
        return found
    }

    @NonCPS
    private void read(Map wanted, List known) {
        for (Map.Entry entry : wanted.entrySet()) {
            String name = "${entry.key}"
            if (!known.contains(name)) {
                problems.add("unknown parameter '${name}'${nearest(name, known)}: it is left out".toString())
            } else if (name == 'timeout' && !"${entry.value}".matches('[1-9][0-9]{0,4}')) {
                problems.add("timeout is a whole number of seconds, and not '${entry.value}': it is left out".toString())
            } else if (QUOTED.containsKey(name) && !"${entry.value}".matches(QUOTABLE)) {
                problems.add("${name} takes no quote, backslash, percent sign or line break: it is left out".toString())
            } else {
                given.put(name, entry.value)
            }
        }
    }

    @NonCPS
    private String nearest(String name, List known) {
        String word = plain(name)
        String best = null
        int least = NEAR_EDITS + 1
        for (Object each : known) {
            String other = plain(each)
            int edits = other.startsWith(word) ? 0 : edits(word, other)
            if (edits < least) {
                least = edits
                best = each
            }
        }
        return best ? " (do you mean ${best}?)" : " (known: ${known.join(', ')})"
    }

    @NonCPS
    private String plain(Object name) {
        return "${name}".toLowerCase().replace('-', '').replace('_', '')
    }

    /** How many letters lie between two words (Levenshtein's distance). */
    @NonCPS
    private int edits(String one, String other) {
        List row = []
        for (int column = 0; column <= other.length(); column++) {
            row.add(column)
        }
        for (int line = 1; line <= one.length(); line++) {
            List next = [line]
            for (int column = 1; column <= other.length(); column++) {
                int swap = row.get(column - 1) + (one.charAt(line - 1) == other.charAt(column - 1) ? 0 : 1)
                next.add(Math.min(swap, Math.min(row.get(column), next.get(column - 1)) + 1))
            }
            row = next
        }
        return row.get(other.length())
    }

}

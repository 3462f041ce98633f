package io.tocsin

import com.cloudbees.groovy.cps.NonCPS

/** Credentials, bound around one call: https://www.jenkins.io/doc/pipeline/steps/credentials-binding/ */
class Secrets implements Serializable {

    private static final long serialVersionUID = 1L

    /** The kinds of credential, and the parameters in which each is told its variables. */
    private static final Map KINDS = [
        string: ['variable'],
        file: ['variable'],
        usernamePassword: ['usernameVariable', 'passwordVariable'],
    ]
    private static final String TEXT_FORM = 'string:ID:VARIABLE, file:ID:VARIABLE and usernamePassword:ID:VARIABLE:VARIABLE'

    final Object steps
    final List wanted = []
    final List problems = []

    /** `given` is the step's list, `everywhere` the controller's TOCSIN_CREDENTIALS. */
    Secrets(Object steps, Object given, String everywhere) {
        this.steps = steps
        readText(everywhere ?: '')
        readList(given)
    }

    /** Run the body with all credentials that there are; say which are missing. */
    void bind(Log log, Closure body) {
        List bindings = []
        for (int i = 0; i < wanted.size(); i++) {
            bindings.add(binding(wanted.get(i)))
        }
        if (bindings.isEmpty()) {
            body()
            return
        }
        List entered = []
        try {
            steps.withCredentials(bindings) {
                entered.add(true)
                body()
            }
        } catch (InterruptedException interrupted) {
            throw interrupted
        } catch (Exception | NoSuchMethodError failed) {
            if (entered) {
                throw failed
            }
            bindWhatThereIs(log, bindings, body)
        }
    }

    /** Asks for one credential after the other, since the step does not say which of them it misses. */
    private void bindWhatThereIs(Log log, List bindings, Closure body) {
        List found = []
        for (int i = 0; i < bindings.size(); i++) {
            try {
                steps.withCredentials([bindings.get(i)]) { }
                found.add(bindings.get(i))
            } catch (InterruptedException interrupted) {
                throw interrupted
            } catch (Exception | NoSuchMethodError missing) {
                log.problem("the credential '${wanted.get(i).id}' cannot be had (${Log.reason(missing)}): add it, of the type " +
                    "${wanted.get(i).type}, where this job sees it, or correct its name; what needs it is not sent")
            }
        }
        if (found.isEmpty()) {
            body()
        } else {
            steps.withCredentials(found, body)
        }
    }

    private Object binding(Map credential) {
        Map parameters = [credentialsId: credential.id] + credential.variables
        switch (credential.type) {
            case 'string':
                return steps.string(parameters)
            case 'file':
                return steps.file(parameters)
            default:
                return steps.usernamePassword(parameters)
        }
    }

    @NonCPS
    private void readText(String text) {
        int number = 0
        for (String entry : text.trim().split('[\\s,]+')) {
            number++
            List parts = split(entry)
            List names = KINDS.get(parts.get(0))
            if (names && parts.size() == names.size() + 2 && !parts.contains('')) {
                Map variables = [:]
                for (int i = 0; i < names.size(); i++) {
                    variables.put(names.get(i), parts.get(i + 2))
                }
                wanted.add([type: parts.get(0), id: parts.get(1), variables: variables])
            } else if (entry) { // it is not shown: it could be the secret itself
                problems.add("entry ${number} of TOCSIN_CREDENTIALS is none of ${TEXT_FORM}: it is left out".toString())
            }
        }
    }

    @NonCPS
    private List split(String entry) {
        List parts = []
        for (String part : entry.split(':', -1)) {
            parts.add(part)
        }
        return parts
    }

    @NonCPS
    private void readList(Object given) {
        List entries = given instanceof List ? given : given == null ? [] : [given]
        for (Object entry : entries) {
            List names = entry instanceof Map ? KINDS.get("${entry.get('type')}".toString()) : null
            Map variables = [:]
            for (Object name : names) {
                variables.put(name, "${entry.get(name) ?: ''}".toString())
            }
            if (names && entry.get('id') && !variables.containsValue('')) {
                wanted.add([type: "${entry.get('type')}".toString(), id: "${entry.get('id')}".toString(), variables: variables])
            } else {
                problems.add("credentials takes entries as [type: 'string', id: 'slack-url', variable: 'SLACK_WEBHOOK_URL'], of the " +
                    "types ${KINDS.keySet().join(', ')}: ${entry instanceof Map ? entry.get('id') : 'one'} is left out")
            }
        }
    }

}

package io.tocsin

import com.cloudbees.groovy.cps.NonCPS

/** Why a build ended so: what was thrown, in words, and what its tests said. All of it is untrusted text, and bounded. */
class Reason implements Serializable {

    private static final long serialVersionUID = 1L
    private static final int MAX_CHARS = 300 // ours
    private static final int FAILURES_MAX = 10 // ours: a message names fewer
    private static final String JUNIT = 'hudson.tasks.junit.TestResultAction'
    private static final String COLOURS = '\u001b\\[[0-9;:?]*[ -/]*[@-~]' // ECMA-48, section 5.4
    private static final String EXCEEDED = 'Timeout has been exceeded' // workflow-basic-steps, TimeoutStepExecution.ExceededTimeout

    final Object steps

    Reason(Object steps) {
        this.steps = steps
    }

    /**
     * What an exception says. An interruption says its causes: in the sandbox by its message, which has them since workflow-step-api 710
     * (https://github.com/jenkinsci/workflow-step-api-plugin/pull/236), and before that by nothing that the sandbox lets be asked.
     */
    @NonCPS
    static String words(Throwable thrown) {
        List found = []
        try {
            for (Object cause : thrown.causes) {
                found.add(cause.shortDescription)
            }
        } catch (Exception refused) {
            return thrown.message ?: ''
        }
        return found.join(', ')
    }

    /** Whether the `timeout` step threw it; a person's abort says so in other words. */
    @NonCPS
    static boolean timedOut(Throwable thrown) {
        return words(thrown) == EXCEEDED
    }

    /** The first line of a text without its colours, at most 300 characters. */
    @NonCPS
    static String line(String text) {
        String first = "${text ?: ''}".replaceAll(COLOURS, '').trim().split('[\\r\\n\\u2028\\u2029]')[0].trim()
        return first.length() > MAX_CHARS ? "${first.substring(0, MAX_CHARS - 1)}…" : first
    }

    /** What an exception says, on one line; its kind, where it says nothing. */
    @NonCPS
    static String of(Throwable thrown) {
        return line(words(thrown)) ?: thrown.class.simpleName
    }

    /** The fields of the event's `tests`: of what the step `junit` returned, once or more often, else of what it has left at the build. */
    @NonCPS
    Map tests(Object returned, boolean lookUps) {
        List all = returned instanceof List ? returned : returned == null ? [] : [returned]
        int total = 0
        int failed = 0
        int skipped = 0
        for (Object one : all) {
            total += one.totalCount
            failed += one.failCount
            skipped += one.skipCount
        }
        return total > 0 ? [total: total, failed: failed, skipped: skipped] : lookUps ? attached() : null
    }

    /** What the junit plug-in has attached to the build. The sandbox refuses the build itself, and a trusted library may have it. */
    @NonCPS
    private Map attached() {
        try {
            for (Object action : steps.currentBuild.rawBuild.allActions) {
                if (action.class.name == JUNIT) {
                    return [total: action.totalCount, failed: action.failCount, skipped: action.skipCount, failures: failures(action)]
                }
            }
        } catch (Exception refused) {
            return null
        }
        return null
    }

    @NonCPS
    private List failures(Object action) {
        List found = []
        for (Object test : action.failedTests) {
            if (found.size() < FAILURES_MAX) {
                found.add([name: line(test.fullName), message: line(test.errorDetails)])
            }
        }
        return found
    }

}

package io.tocsin

import com.cloudbees.groovy.cps.NonCPS

/** Lines for the build's log: one line each, whatever the text that they quote. */
class Log implements Serializable {

    private static final long serialVersionUID = 1L
    private static final int MAX_CHARS = 1000 // ours
    private static final int REASON_MAX_CHARS = 200 // ours: Jenkins lists all steps that there are where it misses one

    final Object steps
    final boolean mayThrow // whether the build may fail, which it may not when it has failed already
    final boolean strict // whether each problem shall fail it
    final List problems = [] // what it shall fail with

    Log(Object steps, boolean mayThrow, boolean strict) {
        this.steps = steps
        this.mayThrow = mayThrow
        this.strict = mayThrow && strict
    }

    /** What an exception says, without its trace. */
    @NonCPS
    static String reason(Throwable thrown) {
        String text = thrown.message ?: thrown.class.simpleName
        return text.length() > REASON_MAX_CHARS ? "${text.substring(0, REASON_MAX_CHARS)}…" : text
    }

    /** The text on one line, without control characters. */
    @NonCPS
    static String oneLine(String text) {
        String line = text.replaceAll('[\\p{Cntrl}\\p{Cf}\\s\\u2028\\u2029]+', ' ').trim()
        return line.length() > MAX_CHARS ? line.substring(0, MAX_CHARS) : line
    }

    /** Something that a person should know. */
    void notice(String text) {
        steps.echo("tocsin: notice: ${oneLine(text)}")
    }

    /** Something that went wrong: a warning, or with `strict` one of the problems. */
    void problem(String text) {
        if (strict) {
            problems.add(oneLine(text))
        } else {
            steps.echo("tocsin: warning: ${oneLine(text)}")
        }
    }

}

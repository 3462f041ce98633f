package io.tocsin

import com.cloudbees.groovy.cps.NonCPS

/**
 * The builds before this one, as fields of the event's `run`: how the last one ended, how many failed in a row, and since when.
 *
 * Jenkins deletes old builds, so a count holds only where no number is missing: what lies behind a gap, or too far back, is unknown.
 */
class History implements Serializable {

    private static final long serialVersionUID = 1L
    private static final int PREVIOUS_MAX = 100 // ours: builds to look back
    private static final List UNFINISHED = ['ABORTED', 'NOT_BUILT'] // neither a failure nor an end of failures

    /** What counts as failed in a row before a build that ended so: an unstable build is repaired by a success, and broken by a failure. */
    private static final Map FAILED = [FAILURE: ['FAILURE'], SUCCESS: ['FAILURE', 'UNSTABLE']]

    final Object steps
    private String previous = null // how the last build ended that ran to its end
    private final List failed = [] // the builds that failed in a row, the newest first
    private boolean begun = false // whether the first of them is known
    private boolean unstable = false // whether one was unstable since the last success
    private Object success = null

    History(Object steps) {
        this.steps = steps
    }

    /** An instant of the event, from milliseconds since 1970. */
    @NonCPS
    static String instant(long millis) {
        return new Date(millis).format("yyyy-MM-dd'T'HH:mm:ss'Z'", TimeZone.getTimeZone('UTC'))
    }

    /** The fields for a build that ends as `result`, which is Jenkins's word; null where it has not ended. */
    @NonCPS
    Map facts(String result) {
        try {
            walk(FAILED.get(result))
            return FAILED.containsKey(result) ? told(result == 'FAILURE') : last()
        } catch (Exception ignored) {
            return last() // a build that was deleted meanwhile
        }
    }

    /** Goes back to the last success; without `failing`, which results count as failed, to the last build that ran to its end. */
    @NonCPS
    private void walk(List failing) {
        Object later = steps.currentBuild
        boolean whole = failing != null // no number is missing so far
        for (int count = 0; count < PREVIOUS_MAX && (whole || !previous); count++) {
            Object build = later.previousBuild
            if (build == null) {
                begun = begun || whole && later.number == 1
                return
            }
            whole = whole && build.number + 1 == later.number
            String result = build.result
            if (result && !UNFINISHED.contains(result)) {
                previous = previous ?: result.toLowerCase()
                if (whole) {
                    place(build, result, failing)
                }
                if (success != null) {
                    return
                }
            }
            later = build
        }
    }

    @NonCPS
    private void place(Object build, String result, List failing) {
        if (!begun && failing.contains(result)) {
            failed.add(build)
        } else {
            begun = true
        }
        unstable = unstable || result == 'UNSTABLE'
        success = result == 'SUCCESS' ? build : null
    }

    @NonCPS
    private Map last() {
        return [previous_status: previous]
    }

    @NonCPS
    private Map told(boolean fails) {
        Map facts = last()
        if (!fails && failed.isEmpty()) {
            return facts
        }
        if (begun) {
            facts.put('failed_runs', failed.size() + (fails ? 1 : 0))
            facts.put('failing_since', failed.isEmpty() ? null : run(failed[-1]))
        }
        facts.put('failing_until', fails ? null : run(failed.get(0)))
        if (success != null) {
            Map run = run(success)
            // To the git plug-in an unstable build is a success, too: GitSCM, Run.getPreviousSuccessfulBuild.
            run.put('commit', unstable ? null : steps.env.GIT_PREVIOUS_SUCCESSFUL_COMMIT)
            facts.put('last_success', run)
        }
        return facts
    }

    /** An earlier build: its number, its page, and when it ended. */
    @NonCPS
    private Map run(Object build) {
        return [number: build.number, url: page(build), at: instant(build.startTimeInMillis + build.duration)]
    }

    @NonCPS
    private String page(Object build) {
        try {
            return build.absoluteUrl
        } catch (Exception ignored) {
            return null // the controller's own address is not configured
        }
    }

}

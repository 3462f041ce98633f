package io.tocsin

import com.cloudbees.groovy.cps.NonCPS
import groovy.json.JsonOutput

/**
 * What only the build itself can tell, as facts in the event's own fields (JSON, for --facts).
 *
 * It asks what Jenkins's sandbox allows: members of currentBuild, which a controller lists at /pipeline-syntax/globals
 * (https://github.com/jenkinsci/workflow-support-plugin, RunWrapper), and of its changes. What cannot be learned is left out.
 */
class Build implements Serializable {

    private static final long serialVersionUID = 1L
    private static final int PREVIOUS_MAX = 100 // ours: builds to look back for one that was not aborted
    private static final int CHANGES_MAX = 100 // ours
    private static final int TITLE_MAX_CHARS = 300 // ours
    private static final String INDEXED = 'jenkins.branch.BranchIndexingCause'
    private static final String EVENT = 'jenkins.branch.BranchEventCause'
    private static final List UNFINISHED = ['ABORTED', 'NOT_BUILT']
    private static final List FAILED = ['FAILURE', 'UNSTABLE', 'ABORTED']

    /** What the causes are called in the event's field `source`; other causes give none. */
    private static final Map SOURCES = [
        'hudson.model.Cause$UserIdCause': 'manual',
        'org.jenkinsci.plugins.workflow.cps.replay.ReplayCause': 'manual',
        'hudson.triggers.TimerTrigger$TimerTriggerCause': 'schedule',
        'org.jenkinsci.plugins.parameterizedscheduler.ParameterizedTimerTriggerCause': 'schedule',
        'hudson.triggers.SCMTrigger$SCMTriggerCause': 'push',
        'com.cloudbees.jenkins.GitHubPushCause': 'push',
        'hudson.model.Cause$UpstreamCause': 'upstream',
        'org.jenkinsci.plugins.workflow.support.steps.build.BuildUpstreamCause': 'upstream',
        'hudson.model.Cause$RemoteCause': 'remote',
        'org.jenkinsci.plugins.gwt.GenericCause': 'webhook',
        'com.dabsquared.gitlabjenkins.cause.GitLabWebHookCause': 'webhook',
        (INDEXED): 'indexing',
    ]

    final Object steps

    Build(Object steps) {
        this.steps = steps
    }

    /** Whether nothing but the indexing of a multibranch job's branches began this build. */
    @NonCPS
    boolean onlyIndexed() {
        List causes = causes()
        for (Object cause : causes) {
            if (named(cause, '_class') != INDEXED) {
                return false
            }
        }
        return !causes.isEmpty()
    }

    /** The path of the workspace that the call stands in; null outside of node. */
    @NonCPS
    String workspace() {
        return steps.env.NODE_NAME ? steps.env.WORKSPACE : null
    }

    /** Whether this build is of code that need not be trusted: a pull request of a fork, or of an unknown origin. */
    @NonCPS
    boolean untrusted() {
        return steps.env.CHANGE_FORK || steps.env.CHANGE_ID && !steps.env.CHANGE_BRANCH
    }

    /** The facts as JSON. `status` is Jenkins's word, or null at the trigger; `stage` the failed stage, where it is known. */
    @NonCPS
    String facts(String status, String stage) {
        Map facts = [run: [previous_status: previous(), started_at: started()]]
        List causes = causes()
        facts.put('source', source(causes))
        facts.put('triggered_by', starter(causes))
        facts.put('changes', changes())
        if (FAILED.contains(status) && failedStage(stage)) {
            facts.put('failures', [[step: failedStage(stage)]])
        }
        return JsonOutput.toJson(facts)
    }

    /** How the last build ended that ran to its end (success, unstable, failure); null where there is none. */
    @NonCPS
    private String previous() {
        try {
            Object build = steps.currentBuild.previousBuild
            for (int count = 0; build != null && count < PREVIOUS_MAX; count++) {
                String result = build.result
                if (result && !UNFINISHED.contains(result)) {
                    return result.toLowerCase()
                }
                build = build.previousBuild
            }
        } catch (Exception ignored) {
            return null // a build that was deleted meanwhile
        }
        return null
    }

    @NonCPS
    private String started() {
        Date start = new Date(steps.currentBuild.startTimeInMillis)
        return start.format("yyyy-MM-dd'T'HH:mm:ss'Z'", TimeZone.getTimeZone('UTC'))
    }

    @NonCPS
    private List causes() {
        List found = []
        try {
            for (Object cause : steps.currentBuild.getBuildCauses()) {
                found.add(cause)
            }
        } catch (Exception ignored) {
            return found // a cause that cannot be written as JSON
        }
        return found
    }

    @NonCPS
    private String source(List causes) {
        for (Object cause : causes) {
            String name = named(cause, '_class')
            if (name == EVENT) {
                return steps.env.CHANGE_ID ? 'pull_request' : 'push'
            }
            if (SOURCES.containsKey(name)) {
                return SOURCES.get(name)
            }
        }
        return null
    }

    @NonCPS
    private Map starter(List causes) {
        for (Object cause : causes) {
            String login = named(cause, 'userId')
            if (login) {
                return [login: login, name: named(cause, 'userName')]
            }
        }
        return null
    }

    /** A member of a cause; the JSON library writes an absent one as the text "null". */
    @NonCPS
    private String named(Object cause, String name) {
        String text = "${cause.get(name)}"
        return text == 'null' ? null : text
    }

    @NonCPS
    private List changes() {
        List found = []
        try {
            for (Object changes : steps.currentBuild.changeSets) {
                for (Object change : changes.items) {
                    if (found.size() < CHANGES_MAX) {
                        found.add([sha: change.commitId, title: title(change.msg), author: [name: change.author.fullName]])
                    }
                }
            }
        } catch (Exception ignored) {
            return found // of an SCM whose changes have no such members
        }
        return found
    }

    @NonCPS
    private String title(String message) {
        String first = "${message ?: ''}".trim().split('\n')[0]
        return first.length() > TITLE_MAX_CHARS ? first.substring(0, TITLE_MAX_CHARS) : first
    }

    /** The stage that was named, or the one around the call; Declarative's own are none of the user's. */
    @NonCPS
    private String failedStage(String stage) {
        String named = stage ?: steps.env.TOCSIN_STAGE
        String around = steps.env.STAGE_NAME ?: ''
        return named ?: around.startsWith('Declarative: ') ? named : around
    }

}

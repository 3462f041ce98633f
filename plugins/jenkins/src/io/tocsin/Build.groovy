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
    private static final int CHANGES_MAX = 100 // ours
    private static final int TITLE_MAX_CHARS = 300 // ours
    private static final String INDEXED = 'jenkins.branch.BranchIndexingCause'
    private static final String EVENT = 'jenkins.branch.BranchEventCause'
    private static final List FAILED = ['FAILURE', 'UNSTABLE', 'ABORTED']

    /** What other words for how a build ended are to Jenkins. */
    private static final Map RESULTS = [FAILED: 'FAILURE', ERROR: 'FAILURE', PASSED: 'SUCCESS', CANCELLED: 'ABORTED', CANCELED: 'ABORTED']

    /** Refs of pull requests, and what multibranch jobs call one. */
    private static final String REQUEST = '(refs/)?(remotes/)?([^/]+/)?' +
        '((pr|pull|pull-requests|merge-requests|mr)/[0-9]+(/[a-z-]+)?|changes/[0-9]{2}/[0-9]+(/([0-9]+|meta))?)'
    private static final String REQUEST_JOB = '(PR|MR)-[0-9]+(-(head|merge))?'

    /**
     * What plug-ins set in the build of a pull request, and where they say the repository of its head and the one it is for.
     * The program knows more of them (src/tocsin/ci/jenkins/pull_requests.py): here nothing said is a stranger's.
     */
    private static final Map REQUESTS = [
        ghprbPullId: ['ghprbAuthorRepoGitUrl', 'ghprbPullLink'],
        gitlabMergeRequestIid: ['gitlabSourceRepoHttpUrl', 'gitlabTargetRepoHttpUrl'],
        gitlabMergeRequestId: ['gitlabSourceRepoHttpUrl', 'gitlabTargetRepoHttpUrl'],
        bbprbPullRequestId: ['bbprbSourceRepository', 'bbprbDestinationRepository'],
        GITHUB_PR_NUMBER: [],
        BITBUCKET_PULL_REQUEST_ID: [],
        pullRequestId: [],
        GERRIT_CHANGE_NUMBER: [],
    ]

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

    /** The variable that says that this build may be of a stranger's code: a pull request of a fork, or of an unknown origin; or null. */
    @NonCPS
    String suspect() {
        if (value('CHANGE_FORK')) {
            return 'CHANGE_FORK'
        }
        if (value('CHANGE_ID') && !value('CHANGE_BRANCH')) {
            return 'CHANGE_ID'
        }
        List told = told()
        for (int i = 0; i < told.size(); i++) {
            if (!owned(REQUESTS.get(told.get(i)))) {
                return told.get(i)
            }
        }
        return told.isEmpty() && !value('CHANGE_ID') ? requested() : null
    }

    /**
     * Whether readTrusted looks at who wrote what it reads: in a multibranch job's pull request alone. In any other job it reads what
     * the job checks out, which is the stranger's: https://github.com/jenkinsci/workflow-multibranch-plugin, ReadTrustedStep
     * Of a change in Gerrit no source says whose it is.
     */
    @NonCPS
    boolean checked() {
        String branch = value('BRANCH_NAME')
        return value('CHANGE_ID') && branch && value('JOB_NAME').endsWith("/${branch}") && !value('GERRIT_CHANGE_NUMBER')
    }

    /**
     * The facts as JSON. `status` is how the build ends, or null at the trigger; `stage` the failed stage, `reason` why it ended so and
     * `tests` what its tests said, where they are known.
     */
    @NonCPS
    String facts(String status, String stage, String reason, Map tests) {
        String word = "${status}".toUpperCase()
        String result = RESULTS.get(word) ?: word
        Map run = new History(steps).facts(result)
        run.put('started_at', History.instant(steps.currentBuild.startTimeInMillis))
        List causes = causes()
        Map facts = [run: run, source: source(causes), triggered_by: starter(causes), changes: changes(), tests: tests]
        String step = FAILED.contains(result) ? failedStage(stage) : null
        if (step) {
            facts.put('failures', [[step: step, reason: result == 'ABORTED' ? null : reason]])
        }
        facts.put('reason', step && result != 'ABORTED' ? null : reason)
        return JsonOutput.toJson(facts)
    }

    /** A variable of the build; empty where it is not set, or null was written into it. */
    @NonCPS
    private String value(String name) {
        String text = "${steps.env."${name}"}"
        return text == 'null' ? '' : text
    }

    /** The variables by which plug-ins tell of a pull request. */
    @NonCPS
    private List told() {
        List found = []
        for (String name : REQUESTS.keySet()) {
            boolean merged = name == 'GERRIT_CHANGE_NUMBER' && value('GERRIT_EVENT_TYPE') == 'change-merged'
            boolean alone = name == 'pullRequestId' && !value('sourceBranch') && !value('targetBranch') && !value('destinationRepository')
            if (value(name) && !merged && !alone) {
                found.add(name)
            }
        }
        return found
    }

    /** Whether two variables name one repository: that of a head, and the one that it is for. */
    @NonCPS
    private boolean owned(List names) {
        String source = names ? repository(value(names.get(0))) : ''
        return source && source == repository(value(names.get(1)))
    }

    @NonCPS
    private String repository(String address) {
        return address.toLowerCase().replaceAll('/pull/[0-9]+$', '').replaceAll('([.]git)?/*$', '')
    }

    /** The variable that is the ref of a pull request, or null. */
    @NonCPS
    private String requested() {
        for (String name : ['GIT_BRANCH', 'BRANCH_NAME']) {
            if (value(name).matches(REQUEST)) {
                return name
            }
        }
        return value('BRANCH_NAME').matches(REQUEST_JOB) ? 'BRANCH_NAME' : null
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

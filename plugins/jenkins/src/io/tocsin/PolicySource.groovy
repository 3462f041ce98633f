package io.tocsin

import com.cloudbees.groovy.cps.NonCPS

/**
 * Where the policy comes from when the program does not find it by itself: the trusted revision, or the present workspace.
 *
 * readTrusted gives the target branch's file on a multibranch job's pull request of a fork, and refuses one that the fork has changed:
 * https://www.jenkins.io/doc/pipeline/steps/workflow-multibranch/#readtrusted-read-trusted-file-from-scm
 */
class PolicySource implements Serializable {

    private static final long serialVersionUID = 1L
    private static final List PLACES = ['.tocsin.yml', '.github/tocsin.yml', '.gitlab/tocsin.yml']

    final Object steps
    final String named
    final String workspace // the present one's path, or null
    String refusal = null
    String reason = null

    PolicySource(Object steps, String named, String workspace) {
        this.steps = steps
        this.named = named
        this.workspace = workspace
    }

    /**
     * The policy's text; null where the program itself shall look, on the agent.
     * `suspect` is the variable by which the head may not be believed, or null, `checked` whether readTrusted minds whose it is,
     * `away` whether the program will not run in the workspace. Where nothing may be sent, `refusal` says why.
     */
    String find(String suspect, boolean checked, boolean away) {
        if (onAgent() || !away && (!suspect || !checked)) {
            return null // in the workspace the program reads the same variables, and uses no stranger's policy
        }
        if (suspect && !checked) {
            refusal = "nothing is sent: this build may be of a stranger's code (${suspect}), and so may be what readTrusted reads " +
                'in this job: name a policy that lies on the agent, or build pull requests in a multibranch job'
            return null
        }
        String policy = workspace && !suspect ? present() : null
        policy = policy == null ? trusted() : policy
        if (policy == null && suspect) {
            refusal = 'nothing is sent: the head of this pull request is not trusted, and the policy of its target cannot be had ' +
                "(${reason}): the target branch needs one, unchanged by the pull request, and the job must be a multibranch one"
        }
        return policy
    }

    /** The policy of the trusted revision, null where there is none; `reason` then says why. */
    private String trusted() {
        List places = named ? [inRepository()] : PLACES
        for (int i = 0; i < places.size(); i++) {
            try {
                return steps.readTrusted(places.get(i))
            } catch (InterruptedException interrupted) {
                throw interrupted
            } catch (Exception | NoSuchMethodError refused) {
                reason = reason ?: Log.reason(refused)
            }
        }
        return null
    }

    /** The policy of the present workspace, null where there is none. */
    private String present() {
        List places = named ? [named] : PLACES
        for (int i = 0; i < places.size(); i++) {
            if (steps.fileExists(places.get(i))) {
                return steps.readFile(file: places.get(i), encoding: 'UTF-8')
            }
        }
        return null
    }

    /** The path that is named, from the workspace on: what is written as an absolute path into it is the repository's, too. */
    @NonCPS
    private String inRepository() {
        boolean inside = workspace && (named.startsWith("${workspace}/") || named.startsWith("${workspace}\\"))
        return inside ? named.substring(workspace.length() + 1) : named
    }

    /** Whether the policy that is named lies on the agent, at an absolute path: then the program reads it. */
    @NonCPS
    private boolean onAgent() {
        return inRepository().matches('(/|[A-Za-z]:[\\\\/]).*')
    }

}

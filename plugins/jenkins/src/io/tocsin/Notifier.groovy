package io.tocsin

import org.jenkinsci.plugins.workflow.steps.FlowInterruptedException

/** The steps, as one would tell them. Nothing in here fails a build that does not ask for it by `strict`. */
class Notifier implements Serializable {

    private static final long serialVersionUID = 1L
    private static final int STRICT_FAILED = 1 // exit codes of the program's; of those that are TOLD it has said why
    private static final List TOLD = [2, 3, 4, 70]
    private static final int LATE = 142 // by the timer of the system, which has no words
    private static final int CLOCKS_MILLIS = 100 // ours: by how much the clock of Jenkins's timers may be ahead of the wall's
    // How Jenkins says that an agent is lost (workflow-durable-task-step, ExecutorStepExecution).
    private static final List LOST = ['Agent was removed', 'Timeout waiting for agent to come back']

    final Object steps
    final Options options
    final Build build

    /** `steps` is the script whose steps are called, `wanted` what the step was given, `more` the parameters that only it has. */
    Notifier(Object steps, Object wanted, List more = []) {
        this.steps = steps
        this.options = new Options(wanted, more)
        this.build = new Build(steps)
    }

    /** Tell that the build has begun. */
    void trigger() {
        send('trigger', null, true)
    }

    /** Tell how the build ended: as the parameter says, else as Jenkins does. */
    void completion() {
        send('completion', status(steps.currentBuild.currentResult), true)
    }

    /** Run the body, tell how it ended, and hand on what it gave or threw. */
    Object around(Closure body) {
        Object value
        if (options.flag('trigger')) {
            send('trigger', null, true)
        }
        try {
            value = body()
        } catch (Throwable thrown) { // whatever it is: it is thrown again
            send('completion', status(worst(result(thrown))), false)
            throw thrown
        }
        send('completion', status(steps.currentBuild.currentResult), true)
        return value
    }

    private String status(String found) {
        return options.text('status') ?: found
    }

    /** A body's failure, or what the build already is, where that is worse. */
    private String worst(String result) {
        return steps.currentBuild.resultIsWorseOrEqualTo(result) ? steps.currentBuild.currentResult : result
    }

    /** Jenkins's word for what was thrown. The sandbox does not let an interruption be asked; then its message tells. */
    private String result(Throwable thrown) {
        if (!(thrown instanceof FlowInterruptedException)) {
            return 'FAILURE'
        }
        try {
            return "${thrown.result}"
        } catch (Exception refused) {
            return resultFrom("${thrown.message}")
        }
    }

    /** pipeline-build-step says a failed downstream build's result, pipeline-milestone-step that a newer build has overtaken. */
    private String resultFrom(String message) {
        List words = ['FAILURE', 'UNSTABLE', 'NOT_BUILT']
        for (int i = 0; i < words.size(); i++) {
            if (message.contains(" completed with status ${words.get(i)} ")) {
                return words.get(i)
            }
        }
        return message.startsWith('Superseded by ') ? 'NOT_BUILT' : 'ABORTED'
    }

    /** All that a hook does, in bounded time. What interrupts the build leaves it, and with `strict` what goes wrong. */
    private void send(String hook, String status, boolean mayThrow) {
        Log log = new Log(steps, mayThrow, options.flag('strict'))
        long begun = System.currentTimeMillis()
        try {
            steps.timeout(time: options.seconds(), unit: 'SECONDS') { deliver(hook, status, log) }
        } catch (InterruptedException interrupted) {
            String reason = ours(interrupted, begun)
            if (!reason) {
                throw interrupted
            }
            log.problem(reason)
        } catch (Exception | NoSuchMethodError broken) {
            log.problem("the notification broke off: ${Log.reason(broken)}")
        }
        if (log.problems) {
            steps.error("tocsin: ${log.problems.join('; ')}")
        }
    }

    /** What an interruption says that is our own; null for any other, which is the build's. */
    private String ours(InterruptedException interrupted, long begun) {
        if (System.currentTimeMillis() - begun >= options.seconds() * 1000L - CLOCKS_MILLIS) {
            return "it took longer than ${options.seconds()} s, and was given up: is an agent online and free, and can it reach the " +
                'channels? (timeout: SECONDS gives it longer)'
        }
        boolean lost = ownAgent() && LOST.contains("${interrupted.message}".toString())
        return lost ? "the agent was lost while it sent (${interrupted.message})" : null
    }

    /** Whether an agent of our own sends: the one that is named, or any where the call stands on none. */
    private boolean ownAgent() {
        return options.text('node') || !build.workspace()
    }

    private void deliver(String hook, String status, Log log) {
        if (!options.flag('branchIndexing') && build.onlyIndexed()) {
            log.notice('nothing is sent: only the indexing of branches began this build (branchIndexing: true sends all the same)')
            return
        }
        boolean away = ownAgent()
        PolicySource source = new PolicySource(steps, options.text('policy') ?: steps.env.TOCSIN_POLICY ?: '', build.workspace())
        String policy = source.find(build.suspect(), build.checked(), away)
        if (source.refusal) {
            log.notice(source.refusal)
            return
        }
        Secrets secrets = new Secrets(steps, options.given.get('credentials'), steps.env.TOCSIN_CREDENTIALS)
        tell(options.problems + secrets.problems, log)
        String words = "${hook}${log.strict ? ' --strict' : ''}${options.flag('dryRun') ? ' --dry-run' : ''}"
        List variables = options.variables() + (status ? ["TOCSIN_STATUS=${status}"] : [])
        String facts = build.facts(status, options.text('stage'))
        Program program = new Program(steps)
        if (away) {
            steps.node(options.text('node')) {
                secrets.bind(log) { program.send(words, variables, facts, policy, true) }
            }
        } else {
            secrets.bind(log) { program.send(words, variables, facts, policy, false) }
        }
        judge(program.code, log)
    }

    private void tell(List problems, Log log) {
        for (int i = 0; i < problems.size(); i++) {
            log.problem(problems.get(i))
        }
    }

    private void judge(int code, Log log) {
        if (code == STRICT_FAILED && log.mayThrow) {
            log.problems.add('a message was not delivered: the lines above say why')
        } else if (code == LATE) {
            log.problem('ended, since it took longer than its budget: what no line above tells of may not have been sent')
        } else if (code != 0 && (log.strict || !TOLD.contains(code))) {
            log.problem("the program ended with exit code ${code}: the lines above say why")
        }
    }

}

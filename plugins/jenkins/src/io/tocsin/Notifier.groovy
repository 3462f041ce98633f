package io.tocsin

import org.jenkinsci.plugins.workflow.steps.FlowInterruptedException

/** The steps, as one would tell them. Nothing in here fails a build that does not ask for it by `strict`. */
class Notifier implements Serializable {

    private static final long serialVersionUID = 1L
    private static final int FAILED = 1 // exit codes of the program's, of `send` only under `strict`; of those that are TOLD it said why
    private static final List TOLD = [2, 3, 4, 70]
    private static final int LATE = 142 // by the timer of the system, which has no words
    private static final int RECEIPTS_MAX_CHARS = 16000 // ours: Windows takes 32,767 characters a variable
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
        run('send trigger', [:], true)
    }

    /** Tell how the build ended: as the parameter says, else as Jenkins does. */
    void completion() {
        run('send completion', [status: status(steps.currentBuild.currentResult)], true)
    }

    /** Send a test message through the channel that is named, or each. */
    void test() {
        run("channels test${options.text('channel') ? '' : ' --all'}".toString(), [:], true)
    }

    /** Run the body, tell how it ended, and hand on what it gave or threw. */
    Object around(Closure body) {
        Object value
        if (options.flag('trigger')) {
            trigger()
        }
        try {
            value = body()
        } catch (Throwable thrown) { // whatever it is: it is thrown again
            String own = result(thrown)
            String ended = worst(own)
            run('send completion', [status: status(ended), reason: ended == own ? reason(thrown, own) : null], false)
            throw thrown
        }
        completion()
        return value
    }

    private String status(String found) {
        return options.text('status') ?: found
    }

    /** Why the body failed, or that it took too long; nothing of a person's abort. */
    private String reason(Throwable thrown, String result) {
        if (Reason.timedOut(thrown)) {
            return 'timed out'
        }
        return result != 'ABORTED' && looks() ? Reason.of(thrown) : null
    }

    /** Whether reasons may be looked for, by the parameter and by the variable of the program. */
    private boolean looks() {
        return !"${options.text('lookUps')} ${steps.env.TOCSIN_LOOK_UPS}".toLowerCase().contains('false')
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
            return resultFrom(Reason.words(thrown))
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

    /** All that a command does, in bounded time. What interrupts the build leaves it, and with `strict` what goes wrong. */
    private void run(String command, Map ending, boolean mayThrow) {
        Log log = new Log(steps, mayThrow, options.flag('strict'))
        long begun = System.currentTimeMillis()
        try {
            steps.timeout(time: options.seconds(), unit: 'SECONDS') { deliver(command, ending, log) }
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
        String words = Reason.words(interrupted)
        return ownAgent() && LOST.contains(words) ? "the agent was lost while it sent (${words})" : null
    }

    /** Whether an agent of our own sends: the one that is named, or any where the call stands on none. */
    private boolean ownAgent() {
        return options.text('node') || !build.workspace()
    }

    private void deliver(String command, Map ending, Log log) {
        boolean sends = command.startsWith('send ')
        if (sends && !options.flag('branchIndexing') && build.onlyIndexed()) {
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
        String words = "${command}${sends && log.strict ? ' --strict' : ''}${options.flag('dryRun') ? ' --dry-run' : ''}"
        List variables = options.variables() + (ending.status ? ["TOCSIN_STATUS=${ending.status}"] : [])
        String facts = null
        if (sends) {
            facts = build.facts(ending.status, options.text('stage'), ending.reason, ending.status ? tests(log) : null)
            variables += ending.status ? reports(policy != null, log) : []
        }
        Program program = new Program(steps)
        String receipts = steps.env.TOCSIN_RECEIPTS ?: ''
        program.receipts = sends && (receipts || !ending.status) ? receipts : null // an end without a start has nothing to change
        if (away) {
            steps.node(options.text('node')) {
                secrets.bind(log) { program.run(words, variables, facts, policy, true) }
            }
        } else {
            secrets.bind(log) { program.run(words, variables, facts, policy, false) }
        }
        if (program.receipts && program.receipts.contains('"seal"') && program.receipts.length() < RECEIPTS_MAX_CHARS) {
            steps.env.TOCSIN_RECEIPTS = program.receipts
        }
        judge(program.code, sends, log)
    }

    private Map tests(Log log) {
        try {
            return new Reason(steps).tests(options.given.get('testResults'), looks())
        } catch (Exception wrong) {
            log.problem("testResults takes what the step junit returned (${Log.reason(wrong)}): it is left out")
            return null
        }
    }

    /** The variable by which the program finds test reports, where it runs in the workspace: it reads no other folder's. */
    private List reports(boolean policyGiven, Log log) {
        List globs = options.texts('tests')
        if (globs.isEmpty()) {
            return []
        }
        if (policyGiven || ownAgent()) {
            log.notice('tests is left out: the program does not run in this workspace (testResults tells how many failed all the same)')
            return []
        }
        return ["TOCSIN_TESTS=${globs.join('\n')}"]
    }

    private void tell(List problems, Log log) {
        for (int i = 0; i < problems.size(); i++) {
            log.problem(problems.get(i))
        }
    }

    private void judge(int code, boolean sends, Log log) {
        if (code == FAILED && !sends && !log.strict) {
            return // of a test message the program has said why, too
        }
        if (code == FAILED && log.mayThrow) {
            log.problems.add('a message was not delivered: the lines above say why')
        } else if (code == LATE) {
            log.problem('ended, since it took longer than its budget: what no line above tells of may not have been sent')
        } else if (code != 0 && (log.strict || !TOLD.contains(code))) {
            log.problem("the program ended with exit code ${code}: the lines above say why")
        }
    }

}

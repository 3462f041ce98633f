package org.jenkinsci.plugins.workflow.steps;

import hudson.model.Result;
import jenkins.model.CauseOfInterruption;

/** What Jenkins throws into a build that is aborted, times out, or waits for one that failed. */
public final class FlowInterruptedException extends InterruptedException {
    private static final long serialVersionUID = 1L;
    private final Result result;
    private final CauseOfInterruption cause;

    public FlowInterruptedException(Result result, String cause) {
        this.result = result;
        this.cause = new CauseOfInterruption(cause);
    }

    public Result getResult() {
        return result;
    }

    @Override
    public String getMessage() {
        return cause.getShortDescription();
    }
}

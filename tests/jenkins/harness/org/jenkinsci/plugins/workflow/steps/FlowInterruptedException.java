package org.jenkinsci.plugins.workflow.steps;

import harness.Build;
import hudson.model.Result;
import java.util.List;
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

    /** The sandbox refuses it. */
    public List<CauseOfInterruption> getCauses() {
        return List.of(cause);
    }

    /** Null before workflow-step-api 710. */
    @Override
    public String getMessage() {
        return Build.current.is("old") ? null : cause.getShortDescription();
    }
}

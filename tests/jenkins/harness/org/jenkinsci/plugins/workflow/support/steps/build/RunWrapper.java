package org.jenkinsci.plugins.workflow.support.steps.build;

import harness.Build;
import hudson.AbortException;
import hudson.model.Result;
import hudson.scm.ChangeLogSet;
import java.io.Serializable;
import java.util.List;
import java.util.Map;

/** currentBuild, and the builds before it: 0 is the current one. The members are those that Jenkins's sandbox allows. */
public final class RunWrapper implements Serializable {
    private static final long serialVersionUID = 1L;
    private final int back;

    public RunWrapper(int back) {
        this.back = back;
    }

    public String getResult() {
        return back == 0 ? Build.current.result == null ? null : Build.current.result.name() : Build.current.previous.get(back - 1);
    }

    public void setResult(String word) {
        Build.current.worsen(Result.valueOf(word));
    }

    public String getCurrentResult() {
        return getResult() == null ? "SUCCESS" : getResult();
    }

    public boolean resultIsWorseOrEqualTo(String word) {
        return !Result.valueOf(word).isWorseThan(Result.valueOf(getCurrentResult()));
    }

    public RunWrapper getPreviousBuild() throws AbortException {
        Build.current.remember();
        return back < Build.current.previous.size() ? new RunWrapper(back + 1) : null;
    }

    public List<Map<String, Object>> getBuildCauses() throws AbortException {
        Build.current.remember();
        return Build.current.causes;
    }

    public List<ChangeLogSet> getChangeSets() throws AbortException {
        Build.current.remember();
        return Build.current.changeSets();
    }

    public long getStartTimeInMillis() {
        return Build.current.started;
    }
}

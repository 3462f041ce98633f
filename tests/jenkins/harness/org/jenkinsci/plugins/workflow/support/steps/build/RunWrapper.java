package org.jenkinsci.plugins.workflow.support.steps.build;

import harness.Build;
import hudson.AbortException;
import hudson.model.Result;
import hudson.model.Run;
import hudson.scm.ChangeLogSet;
import java.io.Serializable;
import java.util.List;
import java.util.Map;

/** currentBuild, and the builds before it: 0 is the current one. The members are those that Jenkins's sandbox allows, and the build itself. */
public final class RunWrapper implements Serializable {
    private static final long serialVersionUID = 1L;
    private final int back;

    public RunWrapper(int back) {
        this.back = back;
    }

    public String getResult() {
        return back == 0 ? Build.current.result == null ? null : Build.current.result.name() : Build.current.previous.get(back - 1).result;
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

    public int getNumber() {
        return back == 0 ? Build.current.number() : Build.current.previous.get(back - 1).number;
    }

    /** An hour lies between two builds. */
    public long getStartTimeInMillis() {
        return Build.current.started - back * 3_600_000L;
    }

    /** Ten minutes. */
    public long getDuration() {
        return 600_000;
    }

    public String getAbsoluteUrl() {
        String page = Build.current.page(getNumber());
        if (page == null) {
            throw new IllegalStateException("Root URL isn't configured yet. Cannot compute absolute URL.");
        }
        return page;
    }

    /** The sandbox refuses it. */
    public Run getRawBuild() {
        return Build.current.is("forgets") ? null : new Run();
    }
}

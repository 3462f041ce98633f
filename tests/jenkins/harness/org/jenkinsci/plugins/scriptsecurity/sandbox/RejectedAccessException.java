package org.jenkinsci.plugins.scriptsecurity.sandbox;

/** What the sandbox throws at a call that is not on its lists. */
public final class RejectedAccessException extends SecurityException {
    private static final long serialVersionUID = 1L;

    public RejectedAccessException(String signature) {
        super("Scripts not permitted to use " + signature);
    }
}

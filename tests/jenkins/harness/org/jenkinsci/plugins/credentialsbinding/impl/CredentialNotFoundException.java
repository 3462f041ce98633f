package org.jenkinsci.plugins.credentialsbinding.impl;

/** What withCredentials throws where there is no such credential. */
public final class CredentialNotFoundException extends hudson.AbortException {
    private static final long serialVersionUID = 1L;

    public CredentialNotFoundException(String id) {
        super("Could not find credentials entry with ID '" + id + "'");
    }
}

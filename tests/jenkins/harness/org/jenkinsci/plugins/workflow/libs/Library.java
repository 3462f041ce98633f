package org.jenkinsci.plugins.workflow.libs;

/** The annotation by which a Jenkinsfile names its libraries. */
public @interface Library {
    String[] value();
}

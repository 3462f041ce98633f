package jenkins.model;

/** Why a build was interrupted. */
public class CauseOfInterruption implements java.io.Serializable {
    private static final long serialVersionUID = 1L;
    private final String description;

    public CauseOfInterruption(String description) {
        this.description = description;
    }

    public String getShortDescription() {
        return description;
    }
}

"""What a policy says of a run that is, was, or is only asked about, and of a place that messages reach."""

"""Policy tests: named cases of runs, each with the recipients that must hear of it, held against a policy without any network."""

"""`tocsin init`: what a repository has, and the policy and the lines of its CIs that are made of it.

    look (repository) ─ ask (answers) ─ write the policy (policy_text) ─ a Change for each file of a CI (github, gitlab, jenkins)

Nothing here writes, and no program is run.
"""

"""Change a policy's file: its data is changed as plain data, and its text only where that needs it.

edit = open_policy(world, words.policy)     # policy_edit.py: a PolicyEdit
edit.data["channels"]["team"]["url"] = "${TEAM_URL}"
edited = edit.finish()                      # Edited: before, after, document; raises PolicyError where it cannot be done
edited.diff()                               # or edited.write()
"""

"""Change a policy's file: its data is changed as plain data, and its text only where that needs it.

`policy_edit.open_policy(world, named)` opens the file; its module says how to go on.
"""

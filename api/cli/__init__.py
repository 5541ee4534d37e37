"""The command line: one module a verb, loaded only when its verb is used.

May import everything below ``api``; nothing imports it. ``main`` holds the table of
verbs and the table from a refusal to an exit code, ``context`` what every verb needs
to act (settings, database, actor, day), ``output`` how it answers.
"""

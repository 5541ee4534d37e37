"""The doors to the world: HTTP, the command line, and the settings.

The only reader of the environment is ``api.settings``; the tables from a refusal
to an exit code and to an HTTP status stand here too.
"""

VERSION = "0.1.0"

"""All that a person meets: the command line and the app."""

"""The command line: arguments in, service verbs, text out. Results on stdout, progress on stderr."""

"""Places that a registry's files are kept in: get, put_if_absent, compare_and_set, list."""

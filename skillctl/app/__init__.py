"""Use cases, one module a verb: settings in, outcome out. The only room that puts the parts together."""

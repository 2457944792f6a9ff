"""The file system: the only room that writes to it.

Every OSError comes out as an InstallError with the path and the system's own words: E450 where the disk is full, E451
where permission is missing, E452 for the rest. Nothing here decides what is written; callers do.
"""

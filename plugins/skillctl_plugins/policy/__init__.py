"""The policy: what may be written, run, fetched, installed and trusted, said by files that people write.

    door        a policy file's value -> rules, or every problem of it
    layers      system, user, project and the shipped defaults -> the layers that count here
    shell_…     a line for a shell -> the commands that it would start
    subjects    an effect -> what rules speak of: paths, commands, addresses, packs, hooks
    decide      layers and subjects -> a decision with its reason and rule
    guard       decisions -> the Guard that use cases ask

Nothing is imported here: an install without a policy file asks next to nothing of this room.
"""

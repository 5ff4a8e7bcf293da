"""What a client is told while its build goes on.

    progress    all that is told of one job: its builds, and the steps beside them
    story       what one build tells → what is told of its vertices
    vertices    a vertex as clients know it, and the parts of it
    names       what vertices are called
    warnings    what is found in a Dockerfile → warnings
    transcript  what was told, for as many as follow it, each from the beginning
    past        the same of a build that is recorded

No build waits for who reads that: what was told waits, in memory or on disk.
"""

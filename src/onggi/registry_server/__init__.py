"""A small registry over a store: `onggi registry serve`. By the OCI distribution spec 1.1 and Docker's schema 2.

`server.Server` runs it in a thread. A request goes through `application` (the table of routes; errors, users, what is
allowed) to the handler of its noun: manifests, blobs, uploads, tags, referrers. What waits for the disk is called in
threads.
"""

"""A container's log on disk: written by its monitor (journal.py), read by whoever wants to (logs.py), both at once and
without a lock between them.

    container.log, <id>-json.log   the newest file; blocks.py and json_lines.py say what is in it
    ….1  ….2  …                    older ones, which it became when it was full; the higher the older
    ….1.gz                         the same, once there was peace to compress it

A file that is full moves up with all that are behind it, and the oldest goes. So who opens them from the newest to the
oldest misses none, whatever moves meanwhile, and who has one open can read it to its end.
"""

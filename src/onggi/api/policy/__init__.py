"""What a socket serves that can do less: which requests, which containers, and nothing by which the host could be
reached.

    rules      what was allowed, `build:name=ci/*`: text → Policy
    table      each request: which set it is in, whether it only looks, and what each part of it names
    calls      the same of each call of BuildKit's protocol
    reach      each field of what requests ask for: harmless, a name, or a way to the host
    verdict    what can be said of one such part
    sight      what is there for this socket, and who gave it its label
    judge      a request, held against all of that → the request, as it may be handled
    show       the same as text, for who wants to see what a socket will do

Whoever has such a socket is taken for somebody who wants more than it gives. So what stands in no table is refused,
requests and fields alike; what a request names is replaced by IDs before it is handled, so that it stays what was
looked at; what is judged is not a request's text, but the value that is made of it and handled; and a container's label
counts only if whoever made the container gave it, for images, which anybody may have built, have labels too.
"""

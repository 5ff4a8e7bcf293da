"""BuildKit's own protocol, which `docker buildx`, `docker compose build` and bake speak: gRPC in both directions.

    grpc/          calls over one connection: a Channel calls the other side, a Server is called by it
    service        a method: one message in, one or several out; and what becomes of what goes wrong in it
    methods        the table of them, by their paths
    control/       the methods by which builds are asked for, and how things are; a module for each
    gateway/       those by which a client that is being served goes on with its build
    hub            what all clients share: sessions, jobs, contexts (bodies), and how many calls go on at once
    register       things that come and go, found by their names
    jobs           a solve, from its call to the answer
    frontend/      what a client asks for → an engine's BuildRequest, and its outcome → an answer
    session/       what only the client has (files, secrets, logins), and takes: a module for each service of its own
    progress/      what the engine tells of a build → what the client shows of it
    failures       onggi's errors → how a call ends
    worker         what builds here, as clients know it
    permission     what may be asked for by a socket that can do less
    by_engine_api  the same builds by `POST /build?version=2`
    wire/          the messages

A client opens two connections. By `POST /grpc` it calls (control/, gateway/); by `POST /session` it is called, and a
build names the session that is its own.
"""

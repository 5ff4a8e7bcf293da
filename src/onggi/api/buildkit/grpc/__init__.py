"""gRPC over one connection that was taken over (HTTP/2), for threads that block: a Channel calls the other side, a
Server is called by it."""

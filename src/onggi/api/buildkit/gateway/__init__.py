"""The service moby.buildkit.v1.frontend.LLBBridge: what a client asks for in the course of its solve. A method a
module."""

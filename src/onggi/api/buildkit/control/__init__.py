"""The service moby.buildkit.v1.Control: solve, and how things are. A method a module."""

"""The shell scripts of a Dockerfile: where they stand, and what they run."""

"""The frontend for Dockerfiles: from its options to an image."""

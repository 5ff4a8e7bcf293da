"""What is asked of a client, by its session."""

"""What a client is told while its build goes on."""

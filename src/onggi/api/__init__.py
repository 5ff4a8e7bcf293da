"""The Docker Engine API over `engine/`: a front door without a state of its own."""

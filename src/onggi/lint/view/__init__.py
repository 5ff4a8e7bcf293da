"""A Dockerfile as rules see it: what is known at each instruction, what an image is made of, installs and copies."""

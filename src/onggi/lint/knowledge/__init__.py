"""What is known of the world around Dockerfiles: public images, package managers, licenses, secrets, ballast."""

"""BuildKit's own protocol, which `docker buildx`, `docker compose build` and bake speak: gRPC in both directions."""

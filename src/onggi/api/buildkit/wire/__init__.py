"""BuildKit's messages: .proto files with what is used of them, and the modules that `scripts/protos` makes of those."""

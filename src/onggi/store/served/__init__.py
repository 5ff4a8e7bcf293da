"""What `onggi registry serve` serves: repositories of manifests and blobs, beside the store's own images."""

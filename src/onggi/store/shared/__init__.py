"""The build cache of other machines, and for them: an OCI index of manifests whose configs tell which keys lead to
which layers; on a shelf, which is a folder or a registry."""

"""What people say of registries: where else to ask, how hosts are spoken to, what images must have."""

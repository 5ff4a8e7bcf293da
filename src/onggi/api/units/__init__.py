"""Units of systemd, as data."""

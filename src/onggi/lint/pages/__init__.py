"""What rules say of themselves: pages, tables, and examples that are tried."""

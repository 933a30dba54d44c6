"""What a prescription is and what executions make of it. No HTTP, no SQL."""

"""What a mail and an address are. No SMTP, no SQL."""

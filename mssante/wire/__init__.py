"""SMTP submission ("API LPS"): one file per verb that matters, and the session around them."""

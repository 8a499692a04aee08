"""Which incident an alert belongs to, and why."""

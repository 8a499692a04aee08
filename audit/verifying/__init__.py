"""The parts of verification (see ``audit.verification``)."""

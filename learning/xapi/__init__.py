"""The Experience API: statements of what people learned, in and out (ADL xAPI 1.0.3; IEEE 9274.1.1, xAPI 2.0)."""

"""What monitoring systems send: who may have sent it, and which alerts are in it."""

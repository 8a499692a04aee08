"""What every source needs to read a body that may be anything: bounded texts, times, words, identities. Pure."""

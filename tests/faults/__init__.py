"""What happens when processes die, freeze and leave, and when models do: real processes, killed for real.

``make test-faults``. The tests of a module share one installation of two web processes and two workers.
"""

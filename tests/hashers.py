"""bcrypt with the fewest rounds it allows, so that tests that sign in stay quick."""

from django.contrib.auth.hashers import BCryptSHA256PasswordHasher


class QuickBCryptPasswordHasher(BCryptSHA256PasswordHasher):
    rounds = 4

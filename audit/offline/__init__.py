"""The program that auditors run without Aurora."""

from pathlib import Path

VERIFIER = Path(__file__).with_name("verify_ledger.py")

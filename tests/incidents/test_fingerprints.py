"""What tells alerts apart. Pure; the first two are how an older system mixed alerts up."""

from hypothesis import given
from hypothesis import strategies as st

from incidents.fingerprint import explained, fingerprint

TEXT = st.text(max_size=6)
PARTS = st.lists(st.tuples(TEXT, TEXT), max_size=4)


def test_where_one_value_ends_and_the_next_begins_counts():
    assert fingerprint("s", "", [("x", "ab"), ("y", "c")]) != fingerprint("s", "", [("x", "a"), ("y", "bc")])
    assert fingerprint("s", "", [("ab", "c")]) != fingerprint("s", "", [("a", "bc")])
    assert fingerprint("s", "", [("a", "1:b")]) != fingerprint("s", "", [("a", "1"), ("b", "")])


def test_what_is_empty_is_not_what_is_missing():
    assert fingerprint("s", "", [("x", "abc"), ("y", "")]) != fingerprint("s", "", [("x", "abc")])
    assert fingerprint("s", "", [("x", "None")]) != fingerprint("s", "", [("x", "")])


@given(TEXT, TEXT, PARTS, TEXT, TEXT, PARTS)
def test_only_the_same_alert_has_the_same(source, scope, parts, other_source, other_scope, other_parts):
    same = (source, scope, sorted(parts)) == (other_source, other_scope, sorted(other_parts))
    assert (fingerprint(source, scope, parts) == fingerprint(other_source, other_scope, other_parts)) is same


@given(PARTS)
def test_the_order_of_names_does_not_count(parts):
    assert fingerprint("s", "", parts) == fingerprint("s", "", parts[::-1])
    assert explained("s", "", parts) == explained("s", "", parts[::-1])

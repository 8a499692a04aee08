"""Environment variables: checked values, files, old names."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurora_site.core import env
from aurora_site.core.variable import FALSE_WORDS, TRUE_WORDS, InvalidVariable

TEXTS = st.text(alphabet=st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=40)


@given(name=st.sampled_from(sorted(env.VARIABLES)), text=TEXTS)
def test_any_text_is_a_value_of_the_declared_kind_or_refused_by_name(name: str, text: str) -> None:
    variable = env.VARIABLES[name]
    kinds = {"text": str, "path": str, "integer": int, "number": float, "boolean": bool, "list": list}
    try:
        value = env.read(name, {name: text})
    except InvalidVariable as error:
        assert name in str(error)
        return
    assert value == variable.default or type(value) is kinds[variable.kind]
    if variable.choices and text:
        assert value in variable.choices


@given(word=st.sampled_from(sorted(TRUE_WORDS | FALSE_WORDS - {""})), capitals=st.booleans())
def test_boolean_words(word: str, capitals: bool) -> None:
    text = word.upper() if capitals else word
    assert env.read("RATE_LIMIT_ENABLED", {"RATE_LIMIT_ENABLED": text}) is (word in TRUE_WORDS)


@given(number=st.integers(min_value=-(10**6), max_value=10**6))
def test_a_minimum_is_kept(number: int) -> None:
    if number < 1:
        with pytest.raises(InvalidVariable, match="PORT"):
            env.read("PORT", {"PORT": str(number)})
    else:
        assert env.read("PORT", {"PORT": str(number)}) == number


def test_a_secret_is_not_shown_in_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(InvalidVariable) as caught:
        env.read("AURORA_SECRET_KEY", {"AURORA_SECRET_KEY_FILE": str(tmp_path / "missing")})
    assert "AURORA_SECRET_KEY_FILE" in str(caught.value)


def test_a_value_from_a_file_and_the_variable_itself_wins(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("from the file\n")
    environ = {"AURORA_HMAC_KEY_FILE": str(file)}
    assert env.read("AURORA_HMAC_KEY", environ) == "from the file"
    assert env.read("AURORA_HMAC_KEY", environ | {"AURORA_HMAC_KEY": "direct"}) == "direct"


@pytest.mark.parametrize(("old", "new", "text", "value"), [
    ("CHROMA_AUTO_INGEST", "AURORA_AUTO_INGEST", "0", False),
    ("CHROMA_RESET", "AURORA_INDEX_RESET", "1", True),
    ("CHROMA_FORCE_CLEAN", "AURORA_INDEX_RESET", "true", True),
    ("CHROMA_DIR", "AURORA_HOME", "/srv/store", "/srv/store"),
])  # fmt: skip
def test_old_names_act_and_the_new_one_wins(old: str, new: str, text: str, value: object) -> None:
    assert env.read(new, {old: text}) == value
    assert env.renamed_in_use({old: text}) == [(old, new)]
    default = env.VARIABLES[new].default
    assert env.read(new, {}) == default
    if isinstance(value, bool):
        assert env.read(new, {old: text, new: str(not value)}) is (not value)

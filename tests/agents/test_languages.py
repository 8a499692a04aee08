"""Languages other than English: sentences, chunks that the model can take in whole, and files in other encodings."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.embeddings.minilm import MAX_TOKENS, MiniLMEmbedder
from agents.retrieval.chunking import chunk_text
from agents.retrieval.loading import load_document, load_text
from agents.retrieval.sentences import MAX_UNMARKED, sentence_spans

WORDS = {
    "chinese": list("全职员工每年享有二十五天带薪年假未使用的最多可以结转五天，。；"),
    "japanese": list("フルタイムの従業員は年間有給休暇を取得できますがぎぐ、。「」"),
    "korean": ["사용자는 ", "매년 ", "스물다섯 ", "일의 ", "휴가를 ", "받습니다. ", "장애가 ", "발생하면 ", "플랫폼 "],
    "thai": ["พนักงาน", "ประจำ", "ได้รับ", "วันลา", "พักร้อน", "ปีละ", "ยี่สิบห้า", "วัน", " "],
    "arabic": ["يحصل ", "الموظفون ", "بدوام ", "كامل ", "على ", "خمسة ", "وعشرين ", "يومًا. ", "هل ", "ترحيلها؟ "],
    "hebrew": ["עובדים ", "במשרה ", "מלאה ", "מקבלים ", "עשרים ", "וחמישה ", "ימי ", "חופשה. "],
    "russian": ["Штатные ", "сотрудники ", "получают ", "двадцать ", "дней ", "отпуска. ", "Перенести ", "можно "],
    "hindi": ["पूर्णकालिक ", "कर्मचारियों ", "को ", "प्रति ", "वर्ष ", "पच्चीस ", "दिन। "],
    "german": ["Vollzeitbeschäftigte ", "erhalten ", "fünfundzwanzig ", "Urlaubstage. ", "Die ", "Kündigungsschutzfrist ",
               "beträgt ", "Straßenbauverwaltung ", "Rechtsschutzversicherungsgesellschaft ", "und "],
    "finnish": ["Kokoaikaiset ", "työntekijät ", "saavat ", "kaksikymmentäviisi ", "vuosilomapäivää. ", "siirtyvät "],
    "vietnamese": ["Nhân ", "viên ", "toàn ", "thời ", "gian ", "được ", "hai ", "mươi ", "ngày ", "nghỉ. "],
    "polish": ["Pracownicy ", "pełnoetatowi ", "otrzymują ", "dwadzieścia ", "pięć ", "urlopu. ", "przysługuje "],
}  # fmt: skip


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> MiniLMEmbedder:
    return MiniLMEmbedder(tmp_path_factory.mktemp("models"))


@settings(max_examples=80)
@given(data=st.data(), language=st.sampled_from(sorted(WORDS)))
def test_no_chunk_is_longer_than_the_model_reads(tokenizer: MiniLMEmbedder, data: st.DataObject, language: str) -> None:
    words = data.draw(st.lists(st.sampled_from(WORDS[language]), min_size=100, max_size=300))
    text = "".join(word + ("\n\n" if index % 60 == 59 else "") for index, word in enumerate(words * 4))
    source = load_text(f"# {words[0]}\n\n{text}", "a.md")
    chunks = chunk_text(source.text, source.blocks, source.title)
    assert chunks
    assert max(tokenizer.count_tokens(chunk.embedded_text) for chunk in chunks) <= MAX_TOKENS
    assert all(source.text[chunk.start : chunk.end] == chunk.text for chunk in chunks)
    assert all(before.end <= after.start for before, after in pairwise(chunks))
    spans = [span for chunk in chunks for span in chunk.sentences]
    said = "".join("".join(source.text[span.start : span.end].split()) for span in spans)
    assert said == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("全职员工有假。未用的可以结转！好吗？", ["全职员工有假。", "未用的可以结转！", "好吗？"]),
        ("هل يمكن ترحيلها؟ نعم يمكن. شكرا", ["هل يمكن ترحيلها؟", "نعم يمكن.", "شكرا"]),
        ("ימי חופשה בשנה. ניתן להעביר חמישה.", ["ימי חופשה בשנה.", "ניתן להעביר חמישה."]),
        ("यह वाक्य है। यह दूसरा है।", ["यह वाक्य है।", "यह दूसरा है।"]),
        (
            "Отпуск двадцать дней, т.е. месяц. Офис в г. Москва. Да?",
            ["Отпуск двадцать дней, т.е. месяц.", "Офис в г. Москва.", "Да?"],
        ),
        (
            "Der Antrag gilt ab 14. März 2026. Siehe Abs. 3 und z.B. die Anlage. Danach nicht.",
            ["Der Antrag gilt ab 14. März 2026.", "Siehe Abs. 3 und z.B. die Anlage.", "Danach nicht."],
        ),
        ("¿Cuándo abre? A las siete. ¡Bien!", ["¿Cuándo abre?", "A las siete.", "¡Bien!"]),
        ("Er sagte „Nein.“ „Doch“, sagte sie.", ["Er sagte „Nein.“", "„Doch“, sagte sie."]),
    ],
)
def test_sentences_end_where_the_language_ends_them(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in sentence_spans(text)] == expected


def test_thai_is_cut_at_its_blanks() -> None:
    text = "พนักงานประจำได้รับวันลาพักร้อนปีละยี่สิบห้าวัน " * 20
    spans = sentence_spans(text)
    assert all(end - start <= MAX_UNMARKED for start, end in spans)
    assert all(text[end : end + 1] in (" ", "") for _, end in spans)
    unspaced = text.replace(" ", "")
    assert not {unspaced[start] for start, _ in sentence_spans(unspaced)} & set("ั้ิ")


GERMAN = "Größe: fünf Meter. Das kostet 5 €."


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (GERMAN.encode("utf-8-sig"), GERMAN),
        (GERMAN.encode("utf-16"), GERMAN),
        (b"\xfe\xff" + GERMAN.encode("utf-16-be"), GERMAN),
        (GERMAN.encode("utf-16-le"), GERMAN),
        (GERMAN.encode("utf-16-be"), GERMAN),
        (GERMAN.encode("utf-32"), GERMAN),
        (GERMAN.encode("cp1252"), GERMAN),
        (GERMAN.replace("€", "EUR").encode("latin-1"), GERMAN.replace("€", "EUR")),
        ("Привет. ".encode() * 30 + b"\xff", "Привет. " * 30 + "\ufffd"),
    ],
)
def test_text_is_read_in_the_encoding_that_it_has(content: bytes, text: str) -> None:
    assert load_document(content, "a.txt").text == text


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "shift_jis", "gb18030", "euc-kr"])
def test_a_page_that_names_its_encoding_is_read_in_it(encoding: str) -> None:
    words = {"cp1251": "Отпуск", "koi8-r": "Отпуск", "shift_jis": "休暇", "gb18030": "年假", "euc-kr": "휴가"}[encoding]
    name = {"cp1251": "windows-1251"}.get(encoding, encoding)
    page = f'<meta charset="{name}"><p>{words}</p>'.encode(encoding)
    assert load_document(page, "a.html").text == f"{words}\n"
